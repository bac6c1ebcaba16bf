/**
 * From what the lines set to what `ssh -G` prints: defaults, tokens, and options that change each other
 * (`fill_default_options` and `dump_client_config` in readconf.c, main in ssh.c).
 */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { type AlgorithmKind, assembled } from '../keywords/algorithms.js';
import type { Keyword } from '../keywords/keyword.js';
import { keywordOf, tableOf } from '../keywords/keywords.js';
import { isSince, type Release, type Rules } from '../keywords/releases.js';
import { type ForwardSide, printForward } from '../values/forward.js';
import { type JumpValue, printJump, validUserName } from '../values/jump.js';
import { print, visible } from '../values/printed.js';
import { expanded, inside, type Tokens, untilded } from '../values/tokens.js';
import type { Value } from '../values/values.js';
import type { Effective, Place, Setting, Trouble } from './resolvedconfig.js';
import type { Answers, Need, ResolveInput } from './resolveinput.js';
import { type Settings, secondKey } from './settings.js';
import type { Surroundings } from './surroundings.js';
import { updateHostKeys } from './updatehostkeys.js';

export interface Finished {
  readonly options: ReadonlyMap<string, Effective>;
  readonly troubles: readonly Trouble[];
  readonly needs: readonly Need[];
}

/** Keys without a name for them: ssh's own default identities (`fill_default_options`, in their order). */
function defaultIdentities(release: Release): readonly string[] {
  const names = ['id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_xmss'];
  // Release notes of 8.9 and 9.8.
  if (!isSince(release, '8.9')) return ['id_rsa', 'id_dsa', ...names];
  return isSince(release, '9.8') ? ['id_rsa', ...names] : ['id_rsa', ...names, 'id_dsa'];
}

interface Printed {
  readonly lines: readonly Bytes[];
  readonly note?: string;
}

/** Makes the options of one host out of what the lines set. */
export class Finisher {
  readonly #input: ResolveInput;
  readonly #settings: Settings;
  readonly #hostName: Bytes;
  readonly #answers: Answers;
  readonly #tokens: Tokens;
  readonly #userName: Bytes;
  readonly #troubles: Trouble[] = [];
  readonly #needs: Need[] = [];
  /**
   * The first list that leaves no algorithm, by its place in the order. ssh 9.2 complains, goes on, and forgets what it
   * does after that: the lists behind it stay as written, and `none` no longer clears (`fill_default_options` returns 0).
   */
  readonly #brokenAt: number;
  readonly #rules: Rules;

  constructor(
    input: ResolveInput,
    settings: Settings,
    surroundings: Surroundings,
    hostName: Bytes,
    answers: Answers,
  ) {
    this.#rules = surroundings.rules;
    this.#input = input;
    this.#settings = settings;
    this.#hostName = hostName;
    this.#answers = answers;
    const alias = lowerCase(settings.word('hostkeyalias') ?? input.host);
    const keyAlias = settings.word('hostkeyalias') === null ? input.host : alias;
    const { release, moreTokens } = this.#rules;
    // Before 8.7 ssh stops there.
    const broken = tableOf(release).keywords.flatMap(({ key, form, assembled: place }) => {
      if (!this.#rules.newWords || place === 0 || form.type !== 'algorithms') return [];
      return assembled(form.kind, settings.word(key), release) === null ? [place] : [];
    });
    this.#brokenAt = Math.min(...broken, Number.POSITIVE_INFINITY);
    const hop = this.#jump()?.host ?? '';
    this.#userName = moreTokens
      ? this.#expandedUser(surroundings.tokens(hostName, keyAlias, '', hop))
      : this.#writtenUser();
    this.#tokens = surroundings.tokens(hostName, keyAlias, this.#userName, hop);
  }

  /** `none`, and that counts as nothing. */
  #isNone(word: Bytes): boolean {
    return this.#brokenAt === Number.POSITIVE_INFINITY && lowerCase(word) === 'none';
  }

  all(): Finished {
    const options = new Map<string, Effective>();
    for (const keyword of tableOf(this.#rules.release).keywords) {
      if (!keyword.printed) continue;
      const { key } = keyword;
      const cell = this.#settings.cell(key);
      const second = this.#settings.cell(secondKey(key));
      const printed = this.#printed(keyword, cell.settings);
      const cleared =
        keyword.form.type === 'forward' && this.#cleared()
          ? this.#settings.cell('clearallforwardings').settings[0]
          : null;
      const gone = cleared
        ? cell.settings.map(({ place }) => ({ place, why: 'cleared' as const, by: cleared.place }))
        : [];
      options.set(key, {
        keyword,
        lines: printed.lines,
        settings: cleared
          ? []
          : [...cell.settings, ...second.settings.filter(({ place }) => !same(place, cell.settings))],
        lost: [...cell.lost, ...second.lost, ...gone],
        undecided: cell.undecided,
        note: printed.note ?? null,
      });
    }
    return { options, troubles: this.#troubles, needs: this.#needs };
  }

  #printed(keyword: Keyword, settings: readonly Setting[]): Printed {
    const { key } = keyword;
    const [first] = settings;
    const value = first?.value ?? null;
    switch (key) {
      case 'user':
        return { lines: [this.#userName] };
      case 'hostname':
        return { lines: [this.#hostName] };
      case 'hostkeyalias':
        return { lines: value?.type === 'word' ? [lowerCase(value.word)] : [] };
      case 'serveraliveinterval':
        if (value === null && this.#settings.word('batchmode') === 'yes') {
          return { lines: ['300'], note: 'BatchMode yes makes the default 300 in Debian' };
        }
        break;
      case 'updatehostkeys':
        return updateHostKeys(value, this.#settings, this.#rules, (word) => this.#isNone(word));
      case 'proxyusefdpass':
        if (this.#jump() !== null) return { lines: ['no'], note: 'ProxyJump passes no file descriptor' };
        break;
      case 'tunnel':
        if (this.#cleared()) return { lines: ['false'], note: 'ClearAllForwardings clears it' };
        break;
      case 'dynamicforward':
        return { lines: this.#forwards('dynamic', this.#settings.localForwards) };
      case 'localforward':
        return { lines: this.#forwards('local', this.#settings.localForwards) };
      case 'remoteforward':
        return { lines: this.#forwards('remote', settings) };
      case 'identityfile':
        if (settings.length === 0) {
          return { lines: defaultIdentities(this.#rules.release).map((name) => `~/.ssh/${name}`) };
        }
        break;
      case 'userknownhostsfile':
        return { lines: [this.#knownHosts(keyword, first)] };
      case 'canonicalizepermittedcnames':
        if (
          value?.type === 'words' &&
          value.words.length === 1 &&
          this.#isNone((value.words[0] ?? '').replace(/:$/, ''))
        ) {
          return { lines: ['none'] };
        }
        break;
      case 'setenv':
        return {
          lines:
            value?.type === 'words' ? value.words.map((word) => this.#variable(keyword, first, word)) : [],
        };
      case 'revokedhostkeys':
        if (!first || !this.#rules.moreTokens || this.#isNone(print(first.value))) break;
        return { lines: [this.#path(keyword, first, print(first.value))] };
      case 'versionaddendum':
        return { lines: first ? [this.#expand(keyword, first, print(first.value), true)] : [] };
      case 'channeltimeout':
        if (first && this.#isNone(print(first.value))) return { lines: ['none'] };
        break;
      case 'ipqos':
        if (!first && this.#rules.plainQos) return { lines: ['ef cs1'] };
        break;
      case 'forwardagent':
        return { lines: [this.#forwardAgent(keyword, value)] };
      case 'rekeylimit': {
        const seconds = this.#settings.first(secondKey(key));
        return { lines: [`${value === null ? 0 : print(value)} ${seconds === null ? 0 : print(seconds)}`] };
      }
      case 'streamlocalbindmask':
        return { lines: [`0${(value?.type === 'number' ? value.number : 0o177).toString(8)}`] };
      case 'escapechar':
        return {
          lines: [value === null ? '~' : value.type === 'number' ? visible(value.number) : print(value)],
        };
      case 'proxycommand':
        if (this.#jump() !== null) return { lines: [] };
        break;
      case 'proxyjump': {
        const jump = this.#jump();
        if (this.#brokenAt < Number.POSITIVE_INFINITY && jump !== null && jump.port !== 0) {
          const reason = 'ssh cannot use it, because a list of algorithms is empty';
          this.#trouble(keyword, first, reason, 'a list that leaves an algorithm');
        }
        return { lines: jump === null ? [] : [printJump(jump)] };
      }
    }
    return this.#printEach(keyword, settings);
  }

  #printEach(keyword: Keyword, settings: readonly Setting[]): Printed {
    const { key, form } = keyword;
    const [first] = settings;
    if (form.type === 'algorithms') {
      return this.#algorithms(keyword, form.kind, first);
    }
    if (!first) return { lines: keyword.usual === null ? [] : [keyword.usual] };
    if (keyword.clearedByNone && this.#isNone(print(first.value))) return { lines: [] };
    if (key === 'remotecommand') return { lines: [this.#expand(keyword, first, print(first.value), false)] };
    if (key === 'controlpath' || key === 'identityagent') {
      return { lines: [this.#path(keyword, first, print(first.value))] };
    }
    return { lines: settings.map(({ value }) => print(value)) };
  }

  #algorithms(keyword: Keyword, kind: AlgorithmKind, setting: Setting | undefined): Printed {
    const written = setting ? print(setting.value) : null;
    const list = assembled(kind, written, this.#rules.release);
    const place = keyword.assembled;
    if (place > this.#brokenAt) {
      const lines = written === null ? [] : [written];
      return { lines, note: 'ssh gives up on it, because a list before it leaves no algorithm' };
    }
    if (list !== null) return { lines: [list] };
    if (place === 0 || !this.#rules.newWords)
      this.#trouble(keyword, setting, 'it leaves no algorithm', 'one that ssh -Q key names');
    return { lines: [], note: 'it leaves no algorithm that ssh could use' };
  }

  #writtenUser(): Bytes {
    return this.#settings.word('user') ?? this.#input.facts.user;
  }

  /** Since 10.0: tokens but %r and %C, which hang on the user, and variables; what came of them is looked at. */
  #expandedUser({ C: _hash, r: _user, ...tokens }: Tokens): Bytes {
    const written = this.#settings.word('user');
    if (written === null) return this.#input.facts.user;
    const [setting] = this.#settings.cell('user').settings;
    const keyword = keywordOf('user');
    const result = expanded(written, tokens, this.#input.facts.env);
    if (result.ok && (result.text === written || validUserName(result.text))) return result.text;
    const reason = result.ok ? `${JSON.stringify(result.text)} has signs of the shell in it` : result.reason;
    if (keyword) this.#trouble(keyword, setting, reason, 'a plain name, or tokens but %r and %C');
    return written;
  }

  /** NAME=value; since 10.0 with tokens and variables in the value. */
  #variable(keyword: Keyword, setting: Setting | undefined, word: Bytes): Bytes {
    if (!this.#rules.moreTokens) return word;
    const sign = word.indexOf('=') + 1;
    return word.slice(0, sign) + this.#expand(keyword, setting, word.slice(sign), true);
  }

  #cleared(): boolean {
    return this.#settings.word('clearallforwardings') === 'yes';
  }

  #jump(): JumpValue | null {
    const value = this.#settings.first('proxyjump');
    if (value?.type !== 'jump') return null;
    if (value.jump !== 'none') return value.jump;
    return this.#isNone('none') ? null : { user: null, host: 'none', port: 0, before: null };
  }

  #forwards(side: ForwardSide, settings: readonly Setting[]): readonly Bytes[] {
    if (this.#cleared()) return [];
    const keyword = keywordOf(`${side}forward`);
    const lines: Bytes[] = [];
    for (const setting of settings) {
      if (setting.value.type !== 'forward' || !keyword) continue;
      const { forward } = setting.value;
      // Between two sockets a forward has no target host: ssh prints it as both kinds.
      if (side === 'dynamic' && forward.connectHost !== null && forward.connectHost !== 'socks') continue;
      if (side === 'local' && forward.connectHost === 'socks') continue;
      const expand = (path: Bytes | null) =>
        path === null ? null : this.#expand(keyword, setting, path, false);
      const whole = {
        ...forward,
        listenPath: expand(forward.listenPath),
        connectPath: expand(forward.connectPath),
      };
      lines.push(printForward(whole, side));
    }
    return lines;
  }

  #knownHosts(keyword: Keyword, setting: Setting | undefined): Bytes {
    const written = setting?.value.type === 'words' ? setting.value.words : (keyword.usual ?? '').split(' ');
    if (this.#rules.newWords && lowerCase(written[0] ?? '') === 'none') return 'none';
    return written.map((path) => this.#path(keyword, setting, path)).join(' ');
  }

  #forwardAgent(keyword: Keyword, value: Value | null): Bytes {
    const [second] = this.#settings.cell(secondKey(keyword.key)).settings;
    if (!second) return value === null ? (keyword.usual ?? '') : print(value);
    const path = this.#path(keyword, second, print(second.value));
    if (this.#rules.newWords && this.#settings.word('exitonforwardfailure') === 'yes') {
      const there = this.#answers.exists.get(path);
      if (there === undefined) this.#needs.push({ type: 'exists', path });
      if (there === false) this.#trouble(keyword, second, `there is no ${path}`, 'a socket that is there');
    }
    return path;
  }

  #path(keyword: Keyword, setting: Setting | undefined, path: Bytes): Bytes {
    const home = untilded(path, this.#input.facts.home, this.#rules);
    if ('path' in home) return this.#expand(keyword, setting, home.path, true);
    const other = this.#answers.homes.get(home.user);
    if (other === undefined) this.#needs.push({ type: 'home', user: home.user });
    if (other === null)
      this.#trouble(keyword, setting, `there is no user ${home.user}`, '~/ or an absolute path');
    if (typeof other !== 'string') return path;
    return this.#expand(keyword, setting, inside(other, path.slice(1 + home.user.length)), true);
  }

  #expand(keyword: Keyword, setting: Setting | undefined, text: Bytes, environment: boolean): Bytes {
    const result = expanded(text, this.#tokens, environment ? this.#input.facts.env : null);
    if (result.ok) return result.text;
    this.#trouble(
      keyword,
      setting,
      `${JSON.stringify(text)}: ${result.reason}`,
      'a token that ssh knows here',
    );
    return text;
  }

  #trouble(keyword: Keyword, setting: Setting | undefined, reason: string, suggestion: string): void {
    this.#troubles.push({ place: setting?.place ?? null, keyword: keyword.name, reason, suggestion });
  }
}

function same(place: Place, settings: readonly Setting[]): boolean {
  return settings.some((setting) => setting.place === place);
}
