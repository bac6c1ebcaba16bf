/** The server's heartbeat: what does not beat, beats too seldom, or ends nothing. */

import { isSince } from '../../keywords/releases.js';
import { conditionsOf } from '../../lint/corpus.js';
import type { Finding } from '../../lint/finding.js';
import { addedBelow, findingAt, keyOf, replaced, settingOf } from '../../lint/lintreport.js';
import { beatingScopes, isSilent, lintCounts, lintInterval } from '../../lint/serveralive.js';
import type { ServerCorpus } from './servercorpus.js';

type Beat = Finding<
  'count-max-zero' | 'count-beyond-kernel' | 'interval-zero' | 'interval-too-long' | 'tcp-keepalive'
>;

export function lintServerKeepalive({ entries }: ServerCorpus, target: string): readonly Beat[] {
  const found: Beat[] = [];
  const beats = beatingScopes(entries, 'clientaliveinterval');
  // sshd 9.2 to 9.4 ask only at every other interval (serverloop.c; mended in 9.5).
  const factor = !isSince(target, '9.2') || isSince(target, '9.5') ? 1 : 2;
  for (const entry of entries) {
    const key = keyOf(entry);
    const value = settingOf(entry);
    const { start, end } = entry.option.value;
    if (key === 'clientalivecountmax' && value === 0) {
      const sentence = !isSince(target, '8.2')
        ? 'ClientAliveCountMax 0 ends a healthy connection at the first quiet interval'
        : 'ClientAliveCountMax 0 means that sshd asks, and never ends a connection that does not answer';
      // Often it stands there in the belief that it ends idle sessions.
      const idle = !isSince(target, '9.2')
        ? 'OpenSSH before 9.2 ends no idle session'
        : 'to end idle sessions there are ChannelTimeout and UnusedConnectionTimeout';
      const fix = {
        sentence: `write 3, the default; ${idle}`,
        edit: replaced(entry, start, end, '3'),
      };
      found.push(findingAt(entry, 'count-max-zero', sentence, fix));
    }
    if (key === 'clientaliveinterval' && typeof value === 'number') {
      found.push(...lintInterval(entry, value, factor));
      // In a block it is an exception, and meant.
      if (value === 0 && conditionsOf(entry).length === 0) {
        const sentence = 'ClientAliveInterval 0 asks nobody: dead connections stay, and keep their ports';
        const fix = { sentence: 'write 15', edit: replaced(entry, start, end, '15') };
        found.push(findingAt(entry, 'interval-zero', sentence, fix));
      }
    }
    if (key === 'tcpkeepalive' && value === 'yes' && isSilent(entry, beats)) {
      const sentence = 'TCPKeepAlive asks only after two hours of silence; nothing sets ClientAliveInterval';
      const fix = {
        sentence: 'set ClientAliveInterval beside it',
        edit: addedBelow(entry, 'ClientAliveInterval 15'),
      };
      found.push(findingAt(entry, 'tcp-keepalive', sentence, fix));
    }
  }
  found.push(...lintCounts(entries, 'clientalive', factor));
  return found;
}
