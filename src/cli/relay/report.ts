import type { RelayStatus } from '../../relay.js';
import { length } from '../terminal/duration.js';

/** A relay as it is now, in one line. */
export function relayStatusText(status: RelayStatus): string {
  const { connectedMs, rttMs, silentMs, unanswered, receivedBytes, sentBytes } = status;
  if (connectedMs === null || rttMs === null || silentMs === null) return 'not connected yet';
  const probes = unanswered === 1 ? '1 probe' : `${unanswered} probes`;
  return [
    `silent for ${length(silentMs)}${unanswered ? `, ${probes} unanswered` : ''}`,
    `round trip ${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`,
    `connected for ${length(connectedMs)}`,
    `${size(receivedBytes)} received, ${size(sentBytes)} sent`,
  ].join(', ');
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
