import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { type Rules, rulesOf } from '../keywords/releases.js';
import { type Expanded, expanded, type Tokens } from '../values/tokens.js';
import type { Subject } from './criteria.js';
import type { ResolveFacts, ResolveInput } from './resolveinput.js';
import type { Settings } from './settings.js';

/** What is known of the connection while its options are still being read. */
export class Surroundings {
  readonly #input: ResolveInput;
  readonly #settings: Settings;
  readonly rules: Rules;

  constructor(input: ResolveInput, settings: Settings) {
    this.#input = input;
    this.#settings = settings;
    this.rules = rulesOf(input.facts.release, input.facts.banner);
  }

  /** The host that `Match host` sees in the first reading; null: an undecided line may have changed it. */
  matchHost(): Bytes | null | { readonly reason: string } {
    const written = this.#settings.word('hostname');
    if (written === null) return this.#settings.isUncertain('hostname') ? null : this.#input.host;
    const name = expanded(written, { h: this.#input.host }, null);
    return name.ok ? name.text : { reason: name.reason };
  }

  subject(): Pick<Subject, 'originalHost' | 'user' | 'localUser' | 'tag' | 'sessionType'> {
    const written = this.#settings.word('user');
    const unsure = written === null && this.#settings.isUncertain('user');
    const localUser = this.#input.facts.user;
    return {
      originalHost: this.#input.host,
      user: unsure ? null : (written ?? localUser),
      localUser,
      tag: this.#wordOr('tag', ''),
      sessionType: this.#session(),
    };
  }

  #wordOr(key: string, otherwise: Bytes): Bytes | null {
    return this.#settings.word(key) ?? (this.#settings.isUncertain(key) ? null : otherwise);
  }

  /** There is no command to execute. */
  #session(): Bytes | null {
    const type = this.#wordOr('sessiontype', 'default');
    return type === 'default' ? 'shell' : type;
  }

  expandCommand(command: Bytes, host: Bytes): Expanded {
    return expanded(command, this.#soFar(host), null);
  }

  /** The path of an Include, which may have tokens and variables in it since 9.9. */
  expandPath(path: Bytes, host: Bytes): Expanded {
    return expanded(path, this.#soFar(host), this.#input.facts.env);
  }

  #soFar(host: Bytes): Tokens {
    const alias = this.#settings.word('hostkeyalias') ?? host;
    const user = this.#settings.word('user') ?? this.#input.facts.user;
    return this.tokens(host, alias, user);
  }

  /** The host to jump through at once; empty: none, and one that is called so. */
  #hop(): Bytes {
    const jump = this.#settings.first('proxyjump');
    const host = jump?.type === 'jump' && jump.jump !== 'none' ? jump.jump.host : '';
    return lowerCase(host) === 'none' ? '' : host;
  }

  /** All tokens; `host` is where ssh connects to, as far as that is known. */
  tokens(host: Bytes, keyAlias: Bytes, user: Bytes, hop = this.#hop()): Tokens {
    const { facts, host: typed } = this.#input;
    const number = this.#settings.first('port');
    const port = String(number?.type === 'number' ? number.number : 22);
    const { jumpToken } = this.rules;
    return {
      ...connectionTokens(facts, { typed, host, port, user, keyAlias }),
      C: facts.sha1(`${facts.machine}${host}${port}${user}${jumpToken ? hop : ''}`),
      ...(jumpToken ? { j: hop } : {}),
    };
  }
}

/** What the tokens of ssh_config(5) stand for, without %C and what came with 9.6. `typed`: the host as it was given. */
export function connectionTokens(
  { machine, home, uid, user: localUser }: Pick<ResolveFacts, 'machine' | 'home' | 'uid' | 'user'>,
  to: Readonly<Record<'typed' | 'host' | 'port' | 'user' | 'keyAlias', Bytes>>,
): Tokens {
  return {
    d: home,
    h: to.host,
    i: String(uid),
    k: to.keyAlias,
    L: machine.split('.')[0] ?? '',
    l: machine,
    n: to.typed,
    p: to.port,
    r: to.user,
    u: localUser,
  };
}
