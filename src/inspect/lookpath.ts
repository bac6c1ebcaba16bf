import { answersOnLink, firstStep, kindOfAddress, natGuess } from '../core/doctor/addresscheck.js';
import { readBanner } from '../core/doctor/banner.js';
import type { Contact, HostFacts, PathFacts } from '../core/doctor/facts.js';
import { relayIn } from '../core/doctor/relaycommand.js';
import type { Hops } from '../core/doctor/routehops.js';
import { FailureError } from '../core/failure.js';
import { hostKey, type PathKnowledge } from '../core/keepalive/probe/pathmemory.js';
import { type Gone, jumpOf, loopFault } from '../core/request/route.js';
import { textOf } from '../core/sshconfig/bytes.js';
import { printedLine } from '../core/sshconfig/explain/print.js';
import { RefusedError, refusalStory } from '../core/sshconfig/explain/refused.js';
import type { ResolvedConfig } from '../core/sshconfig/resolve/resolvedconfig.js';
import { canonicalAddress, familyOf } from '../core/sshconfig/values/canonicaladdress.js';
import { clock, within } from '../io/clock.js';
import { addressesOf } from '../io/dnslookup.js';
import { nextHop, routeTables } from '../io/kernel/kernelroutes.js';
import { userEnvironment } from '../io/machine.js';
import { askHops, type Reach, reach } from '../io/reach.js';
import { type HostQuery, resolveHost } from '../read/clientconfig.js';
import { knowledgeOf } from '../read/pathknowledge.js';

/** A name has so long to be found, and all addresses together so long to answer. */
const nameMs = 5_000;
const reachMs = 5_000;

interface LookedFor extends HostQuery {
  readonly named: HostFacts;
  readonly answer: ResolvedConfig;
}

/** The path to a host: the server ssh connects to first, whether that answers, and what its address says. No login. */
export async function lookAt(
  goal: LookedFor,
  { system, offline }: { readonly system: string; readonly offline: boolean },
): Promise<PathFacts> {
  const first = await firstServer(goal);
  const { answer, to, through } = first;
  const measured = measuredOn(goal.named, first);
  const command = printedLine(answer, 'proxycommand') ?? 'none';
  const relay = command === 'none' ? null : relayIn(command);
  const unknown = {
    banner: null,
    local: null,
    remote: null,
    step: null,
    gatewayAnswers: null,
    nat: null,
    hops: null,
    measured,
    relay,
  };
  const withoutLook = (why: 'offline' | 'ProxyCommand'): PathFacts => ({
    ...unknown,
    through,
    to,
    addresses: [],
    contact: { type: 'skipped', why },
  });
  if (command !== 'none' && relay === null) return withoutLook('ProxyCommand');
  if (offline) return withoutLook('offline');
  const addresses = await inTime(
    addressesOf(to.hostName, familyOf(printedLine(answer, 'addressfamily'))),
    nameMs,
    [],
  );
  if (addresses.length === 0) {
    const contact: Contact = { type: 'no address' };
    return { ...unknown, through, to, addresses, contact };
  }
  const bindAddress = canonicalAddress(printedLine(answer, 'bindaddress') ?? '', 'any');
  const [target = ''] = addresses;
  const [reached, hops] = await Promise.all([
    reachOne(addresses, to.port, bindAddress),
    kindOfAddress(target) === 'loopback' ? null : askHops(target, system),
  ]);
  return describeFailure(reached.reach, {
    through,
    to,
    addresses,
    measured,
    relay,
    remote: reached.address,
    hops,
  });
}

type Found = Pick<PathFacts, 'through' | 'to' | 'addresses' | 'measured' | 'relay'> & {
  readonly remote: string;
  readonly hops: Hops | null;
};

function describeFailure(answer: Reach, { remote, ...found }: Found): PathFacts {
  const { routes, neighbours } = routeTables();
  const local = answer.ok ? answer.reached.local : null;
  // What goes to this machine itself takes no route of that table.
  const isOwn = kindOfAddress(remote) === 'loopback' || local === remote;
  const step = isOwn ? null : firstStep(routes, remote);
  const gateway = step?.gateway ?? null;
  const path = {
    ...found,
    remote,
    local,
    step,
    gatewayAnswers: gateway === null ? null : answersOnLink(neighbours, gateway),
    nat: local === null ? null : natGuess(local, remote, step),
  };
  if (!answer.ok) return { ...path, contact: { type: 'failed', code: answer.code }, banner: null };
  const { roundTripMs, banner: line, said } = answer.reached;
  const banner = line === null ? null : readBanner(line);
  const contact: Contact =
    banner === null ? { type: 'mute', roundTripMs, said } : { type: 'answered', roundTripMs };
  return { ...path, contact, banner };
}

/** Each address in turn, as ssh does, until one answers; the last failure when none does. */
async function reachOne(
  addresses: readonly string[],
  port: number,
  bindAddress: string | null,
): Promise<{ readonly address: string; readonly reach: Reach }> {
  const signal = within(reachMs);
  const eachMs = Math.max(1_000, reachMs / addresses.length);
  let last: { address: string; reach: Reach } = {
    address: addresses[0] ?? '',
    reach: { ok: false, code: 'ETIMEDOUT' },
  };
  for (const address of addresses) {
    if (signal.aborted) break;
    const one = AbortSignal.any([signal, within(eachMs)]);
    last = {
      address,
      reach: await reach({ address, port, bindAddress, now: () => clock.now(), signal: one }),
    };
    if (last.reach.ok) break;
  }
  return last;
}

/** What the state folder knows of this way. */
function measuredOn(named: HostFacts, { to, hops }: First): PathKnowledge {
  const key = { ...nextHop(to.hostName), host: hostKey(named, hops) };
  const { safeMs, deadMs, doubtfulMs, mode } = knowledgeOf(key, userEnvironment());
  return { safeMs, deadMs, doubtfulMs, mode };
}

interface First {
  readonly answer: ResolvedConfig;
  readonly to: HostFacts;
  readonly through: readonly string[];
  /** The same servers, by where they are. */
  readonly hops: readonly HostFacts[];
}

/** Follows ProxyJump to the server that ssh connects to itself, each hop by its own lines, as ssh does. */
async function firstServer({ named, answer, configFile }: LookedFor): Promise<First> {
  const hops: HostFacts[] = [];
  const gone: Gone[] = [{ host: named.name, user: null, port: null, before: null }];
  let at: { answer: ResolvedConfig; to: HostFacts } = { answer, to: named };
  const next = () => jumpOf(at.answer.options.get('proxyjump') ?? null);
  for (let jump = next(); jump !== null; jump = next()) {
    const loop = loopFault(gone, jump);
    if (loop !== null) throw new FailureError(loop);
    gone.push({ ...jump.last, before: jump.before });
    const question = {
      ...jump.last,
      configFile: configFile ?? null,
      release: 'installed',
      ...(jump.before === null ? {} : { options: [`ProxyJump ${jump.before}`] }),
    };
    const resolved = await resolveHost(question, userEnvironment());
    if (resolved.type === 'refused') throw new RefusedError(resolved.errors.map(refusalStory));
    const { host, hostName } = resolved.answer;
    const port = Number(printedLine(resolved.answer, 'port') ?? 22);
    const to = { name: textOf(host), hostName: textOf(hostName), port };
    hops.unshift(to);
    at = { answer: resolved.answer, to };
  }
  return { ...at, through: hops.map(({ name }) => name), hops };
}

/** A look-up cannot be cancelled; its result is not waited for any longer. */
function inTime<T>(promise: Promise<T>, limitMs: number, late: T): Promise<T> {
  return new Promise((settle, reject) => {
    const stop = clock.wake(clock.now() + limitMs, () => settle(late));
    promise.then(settle, reject).finally(stop);
  });
}

/** Is the server this machine? By its addresses, or, when none was looked up, by its name. */
export function isHere({ addresses, to }: PathFacts, own: readonly string[]): boolean {
  const known = addresses.length > 0 ? addresses : [to.hostName];
  return known.some(
    (address) =>
      address === 'localhost' ||
      (/^[\d.]+$|:/.test(address) && kindOfAddress(address) === 'loopback') ||
      own.some((one) => one.replace(/%.*$/, '') === address),
  );
}
