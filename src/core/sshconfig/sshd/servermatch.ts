import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { delimitedCriteria, matchCriteria, type Verdict } from '../resolve/match.js';
import type { Activity } from '../resolve/resolvedconfig.js';
import { matchList } from '../values/lists.js';
import { matchAddresses, validAddresses } from '../values/networks.js';
import { portOf, type Services } from '../values/ports.js';
import type { SshdConnection } from './serverinput.js';

/** What a Match line is held against. */
export interface ServerSubject {
  /** Null: only the syntax counts, and nothing but `all` holds. */
  readonly connection: SshdConnection | null;
  /** Undefined: not known yet; null: there is no such user. */
  readonly groupsOf: (user: Bytes) => readonly Bytes[] | null | undefined;
  readonly services: Services;
}

export type ServerMatched =
  | {
      readonly type: 'decided';
      readonly activity: Activity;
      readonly why: string;
      /** Words that no criterion took: one fault more. */
      readonly leftover: boolean;
    }
  | { readonly type: 'refused'; readonly reason: string; readonly suggestion: string }
  | { readonly type: 'needs'; readonly user: Bytes };

const criteria = 'all, or user, group, host, address, localaddress, localport or rdomain, each with a value';

/** A Match line of sshd_config (words by `strdelim`). What is not known of the connection does not hold. */
export function matchServerLine(
  text: Bytes,
  from: number,
  end: number,
  subject: ServerSubject,
): ServerMatched {
  const rules = { newWords: true, matchWords: false, matchEquals: false };
  return matchCriteria(delimitedCriteria(text, from, end), new ServerVerdict(subject), rules);
}

class ServerVerdict implements Verdict<ServerMatched> {
  readonly criteria = criteria;
  readonly beforeAll = 0;
  readonly #subject: ServerSubject;
  /** The first criterion that does not hold, and why. */
  #failed: string | null = null;

  constructor(subject: ServerSubject) {
    this.#subject = subject;
  }

  refused(reason: string, suggestion: string): ServerMatched {
    return { type: 'refused', reason, suggestion };
  }

  decided(leftover: boolean): ServerMatched {
    const activity = this.#failed === null ? 'yes' : 'no';
    return { type: 'decided', activity, why: this.#failed ?? 'every criterion holds', leftover };
  }

  bare(): boolean {
    return false;
  }

  judge(attribute: string, negated: boolean, written: Bytes, value: Bytes): ServerMatched | null {
    if (negated) return this.refused(`${JSON.stringify(lowerCase(written))} is no criterion`, criteria);
    const found = compared(attribute, value, this.#subject);
    if (found.type !== 'compared') return found;
    if (!found.holds) this.#failed ??= `${written} ${value}: ${found.against}`;
    return null;
  }
}

type Compared = { readonly type: 'compared'; readonly holds: boolean; readonly against: string };

function compared(
  attribute: string,
  list: Bytes,
  subject: ServerSubject,
): Compared | Exclude<ServerMatched, { type: 'decided' }> {
  const { connection } = subject;
  const against = (
    what: string,
    value: Bytes | null | undefined,
    test: (value: Bytes) => boolean,
  ): Compared =>
    value == null
      ? { type: 'compared', holds: false, against: `${what} is not known` }
      : { type: 'compared', holds: test(value), against: `${what} is ${value}` };
  const addresses = (what: string, value: Bytes | null | undefined) =>
    validAddresses(list)
      ? against(what, value, (address) => matchAddresses(address, list))
      : ({
          type: 'refused',
          reason: `${JSON.stringify(list)} is no list of addresses`,
          suggestion: 'addresses, networks such as 10.0.0.0/8 without bits behind the mask, or patterns',
        } as const);
  switch (attribute) {
    case 'user':
      return against('the user', connection?.user, (user) => matchList(user, list, false) === 'matched');
    case 'group': {
      const user = connection?.user;
      if (user == null) return against('the user', null, () => false);
      const groups = subject.groupsOf(user);
      if (groups === undefined) return { type: 'needs', user };
      if (groups === null) return { type: 'compared', holds: false, against: `there is no user ${user}` };
      return {
        type: 'compared',
        holds: inGroups(groups, list),
        against: `${user} is in ${groups.join(', ')}`,
      };
    }
    case 'host':
      return against(
        'the host',
        connection?.host,
        (host) => matchList(lowerCase(host), list, true) === 'matched',
      );
    case 'address':
      return addresses('the address', connection?.address);
    case 'localaddress':
      return addresses('the local address', connection?.localAddress);
    case 'localport': {
      const port = portOf(list, subject.services);
      if (port === -1) {
        return { type: 'refused', reason: `${JSON.stringify(list)} is no port`, suggestion: 'one port' };
      }
      if (connection === null) return against('the local port', null, () => false);
      if (!connection.localPort) {
        return {
          type: 'refused',
          reason: 'it asks for the local port, which is not known',
          suggestion: 'the question with lport=',
        };
      }
      const { localPort } = connection;
      return against('the local port', String(localPort), () => port === localPort);
    }
    case 'rdomain':
      return against(
        'the routing domain',
        connection?.routingDomain,
        (domain) => matchList(domain, list, false) === 'matched',
      );
    default:
      return {
        type: 'refused',
        reason: `${JSON.stringify(attribute)} is no criterion`,
        suggestion: criteria,
      };
  }
}

/** One group that is excluded decides (`ga_match_pattern_list` in groupaccess.c). */
function inGroups(groups: readonly Bytes[], list: Bytes): boolean {
  let found = false;
  for (const group of groups) {
    const matched = matchList(group, list, false);
    if (matched === 'vetoed') return false;
    if (matched === 'matched') found = true;
  }
  return found;
}
