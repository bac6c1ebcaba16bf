/** What a heartbeat was and is, for people. */
import type { Heartbeat, HeartbeatChange, KeepaliveWritten, Outlived } from '../../edit.js';
import { length } from '../terminal/duration.js';
import {
  changedText,
  type EditContext,
  endText,
  forcedText,
  hostOrEvery,
  keptText,
  paragraph,
  tildePlace,
} from './changereport.js';

const longestHostList = 8;

/** `holdfast config keepalive`: in words, and then the lines. */
export function keepaliveText(written: KeepaliveWritten, how: EditContext): string {
  const { heartbeats, behind, changedHosts, lines, idle } = written;
  const output = heartbeats.slice(0, longestHostList).map(heartbeatText);
  const counts = heartbeats.flatMap(({ host, keptCount, after }) =>
    keptCount === null || after.intervalMs === 0
      ? []
      : [`${hostOrEvery(host)}: ServerAliveCountMax ${keptCount} stays; --count sets another one`],
  );
  const more = heartbeats.length - output.length;
  const already = idle.flatMap(({ change, values, at }) => {
    const host = 'host' in change ? change.host : '';
    const option = 'option' in change ? change.option : '';
    return at === null
      ? []
      : [`${hostOrEvery(host)}: ${option} ${values.join(', ')} already (${tildePlace(at)})`];
  });
  return paragraph([
    ...output,
    ...(more > 0 ? [`and ${more} more; --json names them`] : []),
    ...changedText(changedHosts, lines),
    ...already.slice(0, longestHostList),
    ...counts.slice(0, longestHostList),
    ...(heartbeats.some(({ host }) => host === '*') ? forcedText(changedHosts) : []),
    ...keptText(written.keptHosts),
    ...(behind === null ? [] : [behindText(behind, heartbeats[0]?.after ?? null)]),
    ...endText(written, how),
    ...(written.written ? ['Connections that are open keep what they began with.'] : []),
  ]);
}

/** ssh's own sum, and what notices where ssh does not. */
function heartbeatText({ host, before, after, note }: HeartbeatChange): string {
  const now = noticed(after);
  const was = noticed(before);
  const whom = host === '*' ? 'For all hosts without a value of their own' : `For ${host}`;
  const output =
    now === was
      ? `${now}, as before`
      : `${now} instead of ${after.noticedAfterMs === null ? was : was.replace('after ', '')}`;
  const product = `${length(after.intervalMs)} x (${after.countMax} + 1)`;
  const whole = length(after.intervalMs * (after.countMax + 1));
  const limit = ` A heartbeat is data in flight, and the kernel gives that up first (tcp_retries2), not after ${product} = ${whole}.`;
  const sum = after.intervalMs === 0 ? '' : after.noticedBy === 'kernel' ? limit : ` It is ${product}.`;
  const kernel = [before, after].some(
    ({ noticedBy, intervalMs }) => noticedBy === 'kernel' && intervalMs === 0,
  )
    ? " Without a heartbeat only the kernel's TCP keepalive notices, after 7200 s + 9 x 75 s as Linux is shipped."
    : '';
  return `${whom}: a dead server is noticed ${output}.${sum}${kernel}${note === null ? '' : ` Before: ${note}.`}`;
}

function noticed({ noticedAfterMs }: Heartbeat): string {
  return noticedAfterMs === null ? 'never' : `after ${length(noticedAfterMs)}`;
}

function behindText({ name, middlebox, idleMs, verdict, mostMs }: Outlived, beat: Heartbeat | null): string {
  const what =
    middlebox === null
      ? `A middlebox that forgets after ${length(idleMs)}`
      : `${middlebox.replace(/ \([^)]*\)/g, '')} forgets after ${length(idleMs)}`;
  const most = `want at most ${length(Math.floor(mostMs / 1_000) * 1_000)}`;
  if (beat === null || beat.intervalMs === 0)
    return `WARNING: ${what}, and nothing keeps it from that: ${most}.`;
  if (verdict === 'tooSlow') {
    return `WARNING: ${what}: an interval of ${length(beat.intervalMs)} does not outlive ${name}; ${most}.`;
  }
  const lost = verdict === 'survivesLoss' ? ', also when a beat is lost' : ', as long as no beat is lost';
  return `${what}: an interval of ${length(beat.intervalMs)} outlives it${lost}.`;
}
