import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import type { Activity } from '../resolve/resolvedconfig.js';
import { delimited } from '../syntax/linewords.js';
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

/**
 * The criteria of a Match line (`match_cfg_line` in servconf.c, words by `strdelim`), from left to right. All of them must
 * hold, and all of them are looked at. What is not known of the connection does not hold.
 */
export function matchServerLine(
  text: Bytes,
  from: number,
  end: number,
  subject: ServerSubject,
): ServerMatched {
  let next: number | null = from;
  let holds = true;
  let why = 'every criterion holds';
  let count = 0;
  const refused = (reason: string, suggestion: string): ServerMatched => ({
    type: 'refused',
    reason,
    suggestion,
  });
  const take = (): Bytes | null => {
    if (next === null) return null;
    const taken = delimited(text, next, end);
    next = taken?.next ?? null;
    return taken?.word.text ?? null;
  };
  const decided = (): ServerMatched => ({
    type: 'decided',
    activity: holds ? 'yes' : 'no',
    why,
    leftover: next !== null && next < end,
  });

  for (;;) {
    const written = take();
    if (written === null || written === '') break;
    if (written.startsWith('#')) {
      next = null;
      break;
    }
    count += 1;
    const attribute = lowerCase(written);
    if (attribute === 'all') {
      const after = count > 1 ? null : take();
      if (count > 1 || (after !== null && after !== '' && !after.startsWith('#'))) {
        return refused('"all" stands with other criteria', 'Match all');
      }
      if (after?.startsWith('#')) next = null;
      return decided();
    }
    const value = take();
    if (value === null || value === '' || value.startsWith('#')) {
      return refused(`${JSON.stringify(written)} has no value`, criteria);
    }
    const found = compared(attribute, value, subject);
    if (found.type !== 'compared') return found;
    if (found.holds || !holds) continue;
    holds = false;
    why = `${written} ${value}: ${found.against}`;
  }
  if (count === 0) return refused('there is no criterion', criteria);
  return decided();
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
