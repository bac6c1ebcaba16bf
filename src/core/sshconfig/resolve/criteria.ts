/** What a Match line asks, one criterion at a time (`match_cfg_line` in readconf.c). */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { type Rules, usualRules } from '../keywords/releases.js';
import { matchList } from '../values/lists.js';
import { isNetwork, matchAddresses } from '../values/networks.js';
import type { Verdict } from './match.js';
import type { Activity } from './resolvedconfig.js';
import type { CommandAnswer, Need } from './resolveinput.js';

/** What a header is held against. `null`: an undecided line may have changed it. */
export interface Subject {
  /** HostName so far, or the name typed; in the second reading where ssh would connect to. */
  readonly host: Bytes | null;
  readonly originalHost: Bytes;
  /** User so far, or the local user. */
  readonly user: Bytes | null;
  readonly localUser: Bytes;
  readonly finalPass: boolean;
  /** Tag so far, else empty. */
  readonly tag?: Bytes | null;
  /** `subsystem`, `none` or, as no command is given, `shell`. */
  readonly sessionType?: Bytes | null;
  /** Of the interfaces that are up; undefined: not known yet. */
  readonly addresses?: readonly Bytes[] | undefined;
  /** Of the release that reads. @default those of 9.2 */
  readonly rules?: Rules;
  /** The command with its tokens expanded; a reason where that fails. */
  readonly expand: (
    command: Bytes,
  ) => { readonly ok: true; readonly text: Bytes } | { readonly ok: false; readonly reason: string };
  /** The exit status of a command; undefined: not known yet. */
  readonly run: (command: Bytes) => CommandAnswer | undefined;
}

/** What a Host or Match line comes to. */
export type Matched =
  | {
      readonly type: 'decided';
      readonly activity: Activity;
      readonly why: string;
      /** A header has `final` in it: there must be a second reading. */
      readonly wantsFinal: boolean;
    }
  | {
      readonly type: 'refused';
      readonly reason: string;
      readonly suggestion: string;
      readonly wantsFinal: boolean;
    }
  /** ssh would stop at once. */
  | { readonly type: 'fatal'; readonly reason: string; readonly suggestion: string }
  | { readonly type: 'needs'; readonly need: Need };

const execTokens = 'the tokens %C %d %h %i %k %L %l %n %p %r %u';

/** Goes along one Match line: all criteria must hold; a command is not run once something failed. */
export class MatchVerdict implements Verdict<Matched> {
  readonly beforeAll = 1;
  #activity: Activity = 'yes';
  #why = 'every criterion holds';
  #wantsFinal = false;
  readonly #subject: Subject;
  readonly #rules: Rules;

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#rules = subject.rules ?? usualRules;
  }

  refused(reason: string, suggestion: string): Matched {
    return { type: 'refused', reason, suggestion, wantsFinal: this.#wantsFinal };
  }

  decided(leftover: boolean): Matched {
    if (leftover) return this.refused('something follows an empty word', this.criteria);
    return { type: 'decided', activity: this.#activity, why: this.#why, wantsFinal: this.#wantsFinal };
  }

  #fold(holds: boolean | null, criterion: string): void {
    if (holds === false && this.#activity !== 'no') {
      this.#activity = 'no';
      this.#why = criterion;
    } else if (holds === null && this.#activity === 'yes') {
      this.#activity = 'undecided';
      this.#why = criterion;
    }
  }

  /** `all`, `canonical` and `final`. */
  bare(attribute: string, negated: boolean, written: Bytes): boolean {
    if (attribute === 'all' && negated) this.#fold(false, '!all never holds');
    if (attribute !== 'canonical' && attribute !== 'final') return false;
    if (attribute === 'final') this.#wantsFinal = true;
    const reading = negated ? 'first' : 'second';
    this.#fold(this.#subject.finalPass !== negated, `${written} holds only in the ${reading} reading`);
    return true;
  }

  /** A criterion with its value. Null: go on. */
  judge(attribute: string, negated: boolean, written: Bytes, value: Bytes): Matched | null {
    if (attribute === 'exec') return this.#command(negated, written, value);
    if (attribute === 'localnetwork' && this.#rules.tagCriteria)
      return this.#network(negated, written, value);
    const found = this.#compared(attribute, value);
    if (found === undefined) return this.refused(`${JSON.stringify(written)} is no criterion`, this.criteria);
    const holds = found.holds === null ? null : found.holds !== negated;
    this.#fold(holds, `${written} ${value}: ${found.against}`);
    return null;
  }

  get criteria(): string {
    const { tagCriteria, sessionCriteria } = this.#rules;
    const more = [
      ...(tagCriteria ? ['tagged', 'localnetwork'] : []),
      ...(sessionCriteria ? ['version', 'sessiontype', 'command'] : []),
    ];
    const all = ['all, canonical, final, exec, host, originalhost, user', ...more].join(', ');
    return `${all} or localuser, each but the first three with a value`;
  }

  #command(negated: boolean, written: Bytes, value: Bytes): Matched | null {
    const { expand, run } = this.#subject;
    const command = expand(value);
    if (!command.ok) {
      return { type: 'fatal', reason: `${JSON.stringify(value)}: ${command.reason}`, suggestion: execTokens };
    }
    if (this.#activity === 'no') return null;
    const status = run(command.text);
    if (status === undefined) return { type: 'needs', need: { type: 'command', command: command.text } };
    if (status === 'signal') {
      const reason = `the command ${JSON.stringify(command.text)} was killed`;
      return { type: 'fatal', reason, suggestion: 'one that exits' };
    }
    const said = `${written} ${JSON.stringify(command.text)}`;
    if (status === 'not allowed') this.#fold(null, `${said} was not run`);
    else this.#fold((status === 0) !== negated, `${said} exits with ${status}`);
    return null;
  }

  #network(negated: boolean, written: Bytes, list: Bytes): Matched | null {
    const wrong = list.split(',').find((entry) => !isNetwork(entry));
    if (wrong !== undefined) {
      const suggestion = 'networks such as 10.0.0.0/8, with no bits behind the mask';
      return this.refused(`${JSON.stringify(wrong)} is no network`, suggestion);
    }
    if (this.#activity === 'no') return null;
    const { addresses } = this.#subject;
    if (addresses === undefined) return { type: 'needs', need: { type: 'addresses' } };
    const found = addresses.find((address) => matchAddresses(address, list));
    const against = found === undefined ? 'no address of this machine is in it' : `${found} is in it`;
    this.#fold((found !== undefined) !== negated, `${written} ${list}: ${against}`);
    return null;
  }

  #compared(attribute: string, list: Bytes): Comparison | undefined {
    const { host, originalHost, user, localUser, tag = '', sessionType = 'shell' } = this.#subject;
    switch (attribute) {
      case 'host':
        return against(host, list, 'the host', true);
      case 'originalhost':
        return against(originalHost, list, 'the name typed', true);
      case 'user':
        return against(user, list, 'the user', false);
      case 'localuser':
        return against(localUser, list, 'the local user', false);
    }
    if (this.#rules.tagCriteria && attribute === 'tagged') return orEmpty(tag, list, 'the tag');
    if (!this.#rules.sessionCriteria) return undefined;
    if (attribute === 'version') return against(this.#rules.banner, list, 'this ssh', false);
    if (attribute === 'sessiontype') return against(sessionType, list, 'the type of session', false);
    if (attribute === 'command') return orEmpty('', list, 'the command');
    return undefined;
  }
}

interface Comparison {
  readonly holds: boolean | null;
  readonly against: string;
}

function against(value: Bytes | null, list: Bytes, what: string, fold: boolean): Comparison {
  if (value === null)
    return { holds: null, against: `${what} may have been set by a block nobody can decide` };
  const holds = matchList(fold ? lowerCase(value) : value, list, fold) === 'matched';
  return { holds, against: `${what} is ${value}` };
}

/** What is not there matches the empty word alone. */
function orEmpty(value: Bytes | null, list: Bytes, what: string): Comparison {
  if (value !== '') return against(value, list, what, false);
  return { holds: list === '', against: `there is no ${what.replace('the ', '')}` };
}
