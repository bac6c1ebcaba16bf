import { middleboxesOnPath } from '../keepalive/middleboxes.js';
import type { PathFacts } from './facts.js';

/** Which of the states that one socket cannot tell apart it is: what the first step on the way answered decides. */
export type Triage =
  | 'up'
  /** Its kernel answered, its sshd did not. */
  | 'service down'
  | 'service mute'
  | 'this network down'
  | 'host down'
  | 'host down or unreachable'
  | 'unreachable'
  | 'no name'
  | 'not tried';

/** A host that is down and one that cannot be reached look alike to one socket (RFC 9293); the gateway tells more. */
export function triage({ contact, step, gatewayAnswers }: PathFacts): Triage {
  switch (contact.type) {
    case 'answered':
      return 'up';
    case 'mute':
      return 'service mute';
    case 'no address':
      return 'no name';
    case 'skipped':
      return 'not tried';
    case 'failed':
      break;
  }
  if (contact.code === 'ECONNREFUSED' || contact.code === 'ECONNRESET') return 'service down';
  if (contact.code === 'ENETUNREACH' || contact.code === 'ENETDOWN') return 'this network down';
  if (gatewayAnswers === false) return 'this network down';
  // On the same link only the host itself answers for its address.
  if (contact.code === 'EHOSTUNREACH') return step?.gateway === null ? 'host down' : 'unreachable';
  return 'host down or unreachable';
}

/** The cloud that may run the middleboxes on the path, by the name of the server: a vendor of the table of time-outs. */
export function cloudOf(hostName: string): string | null {
  const name = hostName.toLowerCase();
  const [, vendor = null] = clouds.find(([end]) => name.endsWith(end)) ?? [];
  return vendor;
}

const clouds: readonly (readonly [end: string, vendor: string])[] = [
  ['.amazonaws.com', 'AWS'],
  ['.cloudapp.azure.com', 'Azure'],
  ['.cloudapp.net', 'Azure'],
  ['.googleusercontent.com', 'Google Cloud'],
  ['.oraclecloud.com', 'Oracle Cloud'],
  ['.oraclevcn.com', 'Oracle Cloud'],
  ['.aliyuncs.com', 'Alibaba Cloud'],
];

/** The middleboxes that likely stand on a way, the shortest time first: of a cloud, or of a provider's NAT. */
export function likelyMiddleboxes(
  path: PathFacts | null,
): readonly { readonly middlebox: string; readonly idleMs: number }[] {
  if (path === null) return [];
  const cloud = cloudOf(path.to.hostName);
  return middleboxesOnPath
    .filter(
      ({ vendor, product }) =>
        vendor === cloud ||
        (path.nat === 'carrier nat' && /CGNAT|mobile/i.test(`${vendor} ${product}`)) ||
        ((path.nat === 'nat' || path.nat === 'carrier nat') && vendor === 'home gateways'),
    )
    .map(({ vendor, product, idleMs }) => ({ middlebox: `${vendor} ${product}`, idleMs }));
}
