import type { Attempt } from '../core/login/loginattempt.js';
import { allMethods } from '../core/login/loginmethods.js';
import { WireReader } from '../core/net/wireformat.js';
import type { Ask } from '../core/prompt.js';
import type { LoginMethod, LoginRequest } from '../core/request/request.js';
import { printable, printableLine } from '../core/text/printable.js';
import type { OpenKey } from '../io/identity/keyfile.js';
import { fingerprint } from '../io/trust.js';
import type { KeyMemory } from './keymemory.js';
import { type KeyCandidate, type KeyQueue, prepareKeys, publicHalfOf, unfitKey } from './keyqueue.js';
import { Person } from './person.js';

/** One login: what to try next, until the server lets us in or nothing is left. One for each connection. */
export interface Login {
  /**
   * The next attempt, or null when nothing is left. `methodsLeft` are the methods the server says can continue, null
   * before its first word. `partialSuccess`: the last attempt was right, and the server wants more.
   */
  next(methodsLeft: readonly string[] | null, partialSuccess: boolean): Promise<Attempt | null>;
  /** What the server took at last, for people: `with the key ~/.ssh/id_ed25519 (ssh-ed25519 SHA256:...)`. */
  proof(): string;
  /** An answer was used that is not kept (a password, a one-time code): the next login will need a person too. */
  byPerson(): boolean;
  /** Why nothing worked, in one sentence for people: what was tried, what the server still wants, which prompts had no answer. */
  summary(): string;
}

export interface LoginParts {
  readonly login: LoginRequest;
  /** The server as questions name it: HostKeyAlias, else the host name. */
  readonly host: string;
  readonly memory: KeyMemory;
  /** Null: no person can be prompted. */
  readonly ask: Ask | null;
  /** Where the agent's variable is looked up, now; and HOME, to write paths as people do. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Something the user should know. The same text may come at each login; a receiver shows it once. */
  readonly onNote: (text: string) => void;
  /** Aborted when the connection is given up: open questions and computations end. */
  readonly signal: AbortSignal;
}

/** A key or method that was tried, and what the server said. */
interface Trial {
  readonly name: string;
  times: number;
  outcome: 'refused' | 'accepted' | 'locked';
}

/** Begins a login. Nothing is read before the server has said which methods it takes. */
export function startLogin(parts: LoginParts): Login {
  return new OneLogin(parts);
}

class OneLogin implements Login {
  readonly #parts: LoginParts;
  readonly #person: Person;
  readonly #trials: Trial[] = [];
  /** What a person would have had to do; a sentence each. */
  readonly #needs = new Set<string>();
  #greeted = false;
  #methodsLeft: readonly string[] = [];
  #found: KeyQueue | null = null;
  #left: KeyCandidate[] = [];
  readonly #accepted = new Set<KeyCandidate>();
  #last: { readonly trial: Trial; readonly key: KeyCandidate | null } | null = null;
  #conversations = 0;
  #conversed = false;
  #passwords = 0;
  #byPerson = false;

  constructor(parts: LoginParts) {
    this.#parts = parts;
    this.#person = new Person(parts.ask, parts.login.batchMode, parts.signal);
  }

  async next(methodsLeft: readonly string[] | null, partialSuccess: boolean): Promise<Attempt | null> {
    if (!this.#greeted || methodsLeft === null) {
      this.#greeted = true;
      return { type: 'none' };
    }
    this.#methodsLeft = methodsLeft;
    if (partialSuccess) this.#goOn();
    const by: Record<LoginMethod, () => Promise<Attempt | null>> = {
      publickey: () => this.#key(),
      'keyboard-interactive': () => this.#conversation(),
      password: () => this.#password(),
    };
    for (const method of this.#parts.login.methods) {
      const attempt = methodsLeft.includes(method) ? await by[method]() : null;
      if (attempt && !this.#parts.signal.aborted) return attempt;
    }
    return null;
  }

  proof(): string {
    if (this.#last === null) return 'without a proof (none)';
    const { trial, key } = this.#last;
    const blob = key === null ? null : publicHalfOf(key);
    if (blob === null) return `with ${trial.name}`;
    return `with ${trial.name} (${new WireReader(blob).text() ?? 'of no type'} ${fingerprint(blob)})`;
  }

  byPerson(): boolean {
    return this.#byPerson;
  }

  /** The server wants one more proof: the keys may be tried again (pubkey_reset in sshconnect2.c), but not one twice. */
  #goOn(): void {
    if (!this.#last) return;
    this.#last.trial.outcome = 'accepted';
    if (this.#last.key) this.#accepted.add(this.#last.key);
    this.#left = (this.#found?.keys ?? []).filter((key) => !this.#accepted.has(key));
  }

  async #key(): Promise<Attempt | null> {
    if (!this.#found) {
      const { login, env, onNote, signal } = this.#parts;
      this.#found = await prepareKeys(login, env, onNote, signal);
      this.#left = [...this.#found.keys];
    }
    for (let key = this.#left.shift(); key; key = this.#left.shift()) {
      const attempt = await this.#offer(key);
      if (attempt) return attempt;
    }
    return null;
  }

  async #offer(key: KeyCandidate): Promise<Attempt | null> {
    const { name } = key;
    if (key.type === 'agent') {
      this.#try(name, key);
      return { type: 'publickey-agent', name, socket: key.socket, blob: key.blob };
    }
    if (key.type === 'open') {
      this.#try(name, key);
      return { type: 'publickey', name, keyText: key.key.text };
    }
    const { blob, stamp } = key.identity;
    const kept = this.#parts.memory.get(key.path, stamp);
    if (!kept && blob) {
      const trial = this.#try(name, key);
      const unlock = async () => {
        const open = await this.#unlock(key);
        if (!open) trial.outcome = 'locked';
        return open?.text ?? null;
      };
      return { type: 'publickey-locked', name, blob, unlock };
    }
    // Its public half is inside too: nothing can be offered before it is open.
    const open = kept ?? (await this.#unlock(key));
    if (!open) return null;
    const unfit = unfitKey(open.blob, this.#parts.login);
    if (unfit !== null) {
      this.#needs.add(`${name} ${unfit}`);
      return null;
    }
    this.#try(name, key);
    return { type: 'publickey', name, keyText: open.text };
  }

  /** As load_identity_file in sshconnect2.c: NumberOfPasswordPrompts tries; an empty passphrase means the next key. */
  #unlock(key: Extract<KeyCandidate, { type: 'locked' }>): Promise<OpenKey | null> {
    const { memory, login, signal, onNote } = this.#parts;
    const { name, path, identity } = key;
    return memory.alone(path, async () => {
      const kept = memory.get(path, identity.stamp);
      if (kept) return kept;
      const ask = `Enter passphrase for key '${printableLine(path)}': `;
      for (let tries = 0; tries < login.passwordPrompts; tries += 1) {
        const again = tries === 0 ? '' : 'This passphrase is wrong, please try again.\n';
        const passphrase = await this.#person.ask({ type: 'passphrase', path, text: again + ask });
        if (passphrase === null) {
          this.#missed(`${name} needs its passphrase`, ': load it into an agent with ssh-add');
          return null;
        }
        if (passphrase === '') {
          this.#needs.add(`no passphrase was given for ${name}`);
          return null;
        }
        const outcome = await identity.decrypt(passphrase, signal);
        if (outcome.type === 'wrong') continue;
        if (outcome.type === 'unreadable') {
          onNote(`${name} cannot be used: ${outcome.reason}`);
          return null;
        }
        if (identity.blob && !outcome.key.blob.equals(identity.blob)) {
          onNote(`${name} cannot be used: ${path}.pub belongs to another key`);
          return null;
        }
        memory.keep(path, identity.stamp, outcome.key);
        return outcome.key;
      }
      this.#needs.add(`the passphrases given for ${name} were wrong`);
      return null;
    });
  }

  async #conversation(): Promise<Attempt | null> {
    if (this.#conversations >= this.#parts.login.passwordPrompts) return null;
    // As userauth_kbdint: a server that refuses without a question will not ask one later.
    if (this.#conversations > 0 && !this.#conversed) return null;
    if (this.#person.absent !== null) {
      this.#missed('the server wants to ask something (keyboard-interactive)');
      return null;
    }
    this.#conversations += 1;
    this.#try('keyboard-interactive', null);
    return {
      type: 'keyboard-interactive',
      answer: (name, instructions, prompts) => this.#answer(name, instructions, prompts),
    };
  }

  async #answer(
    name: string,
    instructions: string,
    prompts: readonly { readonly text: string; readonly echo: boolean }[],
  ): Promise<string[] | null> {
    this.#conversed = true;
    const { login, host } = this.#parts;
    const head = [name, instructions].map((text) => printable(text).trim()).filter((text) => text !== '');
    const answers: string[] = [];
    for (const [index, { text, echo }] of prompts.entries()) {
      // As ssh since 8.4: the prompt names the server first, so that a server cannot pass for another program.
      const ask = `(${login.user}@${host}) ${printable(text)}`;
      const whole = index === 0 ? [...head, ask].join('\n') : ask;
      const answer = await this.#person.ask({ type: 'prompt', text: whole, echo });
      if (answer === null) {
        this.#missed('the server prompts for something (keyboard-interactive)');
        return null;
      }
      this.#byPerson = true;
      answers.push(answer);
    }
    return answers;
  }

  async #password(): Promise<Attempt | null> {
    const { login, host } = this.#parts;
    if (this.#passwords >= login.passwordPrompts) return null;
    const again = this.#passwords === 0 ? '' : 'Permission denied, please try again.\n';
    const text = `${again}${login.user}@${host}'s password: `;
    const password = await this.#person.ask({ type: 'password', user: login.user, host, text });
    if (password === null) {
      this.#missed('a password is needed');
      return null;
    }
    this.#passwords += 1;
    this.#byPerson = true;
    this.#try('password', null);
    return { type: 'password', password };
  }

  #try(name: string, key: KeyCandidate | null): Trial {
    const before = key
      ? undefined
      : this.#trials.find((trial) => trial.name === name && trial.outcome === 'refused');
    const trial = before ?? { name, times: 0, outcome: 'refused' };
    trial.times += 1;
    if (!before) this.#trials.push(trial);
    this.#last = { trial, key };
    return trial;
  }

  #missed(what: string, advice = ''): void {
    this.#needs.add(`${what} and ${this.#person.absent ?? 'nobody answered'}${advice}`);
  }

  summary(): string {
    const names = (outcome: Trial['outcome']) =>
      this.#trials
        .filter((trial) => trial.outcome === outcome)
        .map(({ name, times }) => (times > 1 ? `${name} (${times} times)` : name));
    const refused = names('refused');
    const accepted = names('accepted');
    const nothing = this.#methodsLeft.includes('publickey') && this.#found?.keys.length === 0;
    const { methods } = this.#parts.login;
    const off = allMethods.filter((each) => this.#methodsLeft.includes(each) && !methods.includes(each));
    return [
      `the server refused the login of ${this.#parts.login.user}@${this.#parts.host}`,
      accepted.length > 0 ? `it accepted ${listed(accepted)} and wants more` : '',
      this.#methodsLeft.length > 0 ? `it wants ${listed(this.#methodsLeft.map(printableLine), 'or')}` : '',
      refused.length > 0 ? `it refused ${listed(refused)}` : '',
      nothing ? 'there was no key to offer' : '',
      off.length > 0 ? `the configuration rules out ${listed(off)}` : '',
      ...this.#needs,
      ...(this.#found?.unused ?? []),
    ]
      .filter((part) => part !== '')
      .join('; ');
  }
}

function listed(names: readonly string[], last = 'and'): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`;
}
