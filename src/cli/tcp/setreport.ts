import type { SetTcpResult } from '../../inspect.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';
import { endsText } from './listreport.js';
import { exactly } from './showreport.js';

const mostNamed = 8;

/** `holdfast tcp set` and `tcp undo`: what was done, or would be. */
export function setText({
  changes,
  file,
  conflicts,
  idleDetectionMs,
  armed,
  isOfInit,
  dryRun,
}: SetTcpResult): string {
  const lines: string[] = [];
  for (const { name, before, after } of changes) {
    const [was, is] = [before.trim(), after.trim()];
    lines.push(
      dryRun
        ? `sysctl -w net.ipv4.${name}=${is}${was === is ? '  # as it is' : `  # now ${was}`}`
        : `net.ipv4.${name} = ${is}${was === is ? ' (as it was)' : ` (was ${was})`}, read back`,
    );
  }
  if (file !== null) lines.push(...fileText(file, dryRun));
  for (const { file: where, line, key, value, wins } of conflicts) {
    lines.push(
      wrapText(
        'note: ',
        wins
          ? `${where}:${line} says ${key} = ${value} and is applied after it: at the next start that one counts`
          : `${where}:${line} says ${key} = ${value}; ${/[*?[]/.test(key) ? 'it is a pattern, and a line with the whole name comes first' : 'it is applied before'}, so it does not count`,
      ),
    );
  }
  if (file !== null && file.after !== null && isOfInit === false) {
    lines.push(
      wrapText(
        'note: ',
        'this network namespace is not the first one: at the next start the file counts here only if an init of its own, as in some containers, applies it',
      ),
    );
  }
  if (idleDetectionMs !== null) {
    lines.push(
      wrapText(
        '',
        `A dead peer is noticed ${exactly(idleDetectionMs)} after its last word, by sockets with keepalive on and no values of their own, while nothing is in flight.`,
      ),
    );
  }
  lines.push(...armedText(armed, dryRun));
  return `${lines.map(escapeControls).join('\n')}\n`;
}

function fileText({ path, before, after }: NonNullable<SetTcpResult['file']>, dryRun: boolean): string[] {
  if (!dryRun) return [after === null ? `${path} removed` : `${path} written`];
  const lines = (text: string | null, sign: string) =>
    (text ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `${sign}${line}`);
  const count = (text: string | null) => lines(text, '').length;
  if (before === after) return [`${path} stays as it is`];
  return [
    `--- ${before === null ? '/dev/null' : path}`,
    `+++ ${after === null ? '/dev/null' : path}`,
    `@@ -${range(count(before))} +${range(count(after))} @@`,
    ...lines(before, '-'),
    ...lines(after, '+'),
  ];
}

function range(count: number): string {
  return count === 0 ? '0,0' : `1,${count}`;
}

function armedText(armed: SetTcpResult['armed'], dryRun: boolean): string[] {
  if (armed.length === 0) return ['No open connection has a timer that rings later than the new idle time.'];
  const keep = dryRun ? 'would keep' : armed.length === 1 ? 'keeps' : 'keep';
  const count = armed.length === 1 ? '1 open connection' : `${armed.length} open connections`;
  const named = armed
    .slice(0, mostNamed)
    .map((one) => wrapText('  ', `${endsText(one)}, rings in ${length(one.timerLeftMs)}`));
  const more = armed.length - mostNamed;
  return [
    wrapText('', `${count} ${keep} the timer that is armed; the new values count once it has rung:`),
    ...named,
    ...(more > 0 ? [`  and ${more} more: holdfast tcp list`] : []),
  ];
}
