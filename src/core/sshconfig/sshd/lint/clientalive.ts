/** The server's heartbeat: what does not beat, beats too seldom, or ends nothing. */

import { strideOf } from '../../../keepalive/serverkeepalive.js';
import { isSince } from '../../keywords/releases.js';
import { conditionsOf } from '../../lint/corpus.js';
import type { Finding } from '../../lint/finding.js';
import { findingAt, keyOf, newValue, settingOf } from '../../lint/lintreport.js';
import { lintHeartbeat } from '../../lint/serveralive.js';
import type { ServerCorpus } from './servercorpus.js';

type Beat = Finding<
  'count-max-zero' | 'count-beyond-kernel' | 'interval-zero' | 'interval-too-long' | 'tcp-keepalive'
>;

export function lintServerKeepalive({ entries }: ServerCorpus, target: string): readonly Beat[] {
  // Often it stands there in the belief that it ends idle sessions.
  const idle = !isSince(target, '9.2')
    ? 'OpenSSH before 9.2 ends no idle session'
    : 'to end idle sessions there are ChannelTimeout and UnusedConnectionTimeout';
  const heartbeat = lintHeartbeat(entries, {
    interval: 'ClientAliveInterval',
    countMax: 'ClientAliveCountMax',
    stride: strideOf(target),
    zero: {
      sentence: !isSince(target, '8.2')
        ? 'ClientAliveCountMax 0 ends a healthy connection at the first quiet interval'
        : 'ClientAliveCountMax 0 means that sshd asks, and never ends a connection that does not answer',
      fix: `write 3, the default; ${idle}`,
    },
    instead: {
      tcpkeepalive: {
        code: 'tcp-keepalive',
        sentence: 'TCPKeepAlive asks only after two hours of silence; nothing sets ClientAliveInterval',
      },
    },
  });
  // In a block it is an exception, and meant.
  const off = entries.filter(
    (entry) =>
      keyOf(entry) === 'clientaliveinterval' && settingOf(entry) === 0 && conditionsOf(entry).length === 0,
  );
  const sentence = 'ClientAliveInterval 0 asks nobody: dead connections stay, and keep their ports';
  return [
    ...heartbeat,
    ...off.map((entry) => findingAt(entry, 'interval-zero', sentence, newValue(entry, '15'))),
  ];
}
