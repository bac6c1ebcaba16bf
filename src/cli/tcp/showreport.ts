import { runtimes, systemName, systems, type TcpTimes, type TcpValue } from '../../inspect/tcptimes.js';
import type { Origin } from '../../inspect.js';
import { columns, escapeControls, wrapText } from '../terminal/columns.js';

/** A length as a number of seconds and, from two minutes on, in larger units, nothing rounded: `7875 s (2 h 11 min 15 s)`. */
export function exactly(ms: number): string {
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 120) return `${seconds} s`;
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [unit, each] of [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / each);
    rest -= count * each;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return `${seconds} s (${parts.join(' ')})`;
}

/** `0.2 s x (2^10 - 1) + 6 x 120 s` */
export function modelText(
  { doublings, capped }: { readonly doublings: number; readonly capped: number },
  rtoMaxMs: number,
): string {
  const first = `0.2 s x (2^${doublings} - 1)`;
  return capped === 0 ? first : `${first} + ${capped} x ${rtoMaxMs / 1_000} s`;
}

/** `holdfast tcp show`. */
export function timesText(shown: TcpTimes): string {
  const { detection } = shown;
  if (!shown.available) return elsewhere(shown.system);
  if (detection === null)
    return `${escapeControls(whereText(shown))}\n\n/proc/sys/net/ipv4 cannot be read here\n`;
  const rows = shown.values.map((value) => [value.name, valueText(value), originText(value)]);
  const { times, model } = detection;
  const say = (name: string, text: string) => wrapText(`  ${name.padEnd(12)}`, text);
  return `${escapeControls(whereText(shown))}

${columns([['net.ipv4.', 'VALUE', 'FROM'], ...rows].map((row) => row.map(escapeControls)))}
A dead peer is noticed, at the latest
${[
  say(
    'idle',
    `${times.idleMs / 1_000} s + ${times.probes} x ${times.intervalMs / 1_000} s = ${exactly(detection.idleMs)} after its last word, by sockets with keepalive on (SO_KEEPALIVE, off by default) and no values of their own; the others never notice${times.probes === 0 ? '; with 0 probes a healthy one ends then, too' : ''}`,
  ),
  say(
    'in flight',
    `${modelText(model, times.rtoMaxMs)} = ${exactly(detection.inFlightMs)} by tcp_retries2, and up to one pause more; keepalive plays no part`,
  ),
  say('connecting', `${connectText(times)}: ${exactly(detection.connectMs)}`),
].join('\n')}

Which connections: holdfast tcp list
Other systems: holdfast tcp show --systems
`;
}

function connectText(times: { readonly synRetries: number; readonly synLinear: number }): string {
  const doubling = `1 s x (2^${times.synRetries + 1} - 1)`;
  if (times.synLinear === 0) return doubling;
  return `${times.synLinear + 1} pauses of 1 s, then each twice as long, until ${doubling} have passed`;
}

function whereText({ kernel, namespace }: TcpTimes): string {
  const place =
    namespace === null
      ? ''
      : `, network namespace ${namespace.id}${
          namespace.isOfInit === null
            ? ' (whether it is the first one cannot be seen)'
            : namespace.isOfInit
              ? ', the first one'
              : ', not the first one: values of its own'
        }`;
  return wrapText('', `Linux ${kernel}${place}`);
}

function valueText({ value, unit, since }: TcpValue): string {
  if (value === null) return `not in this kernel${since === null ? '' : ` (${since} on)`}`;
  return `${value} ${unit}`.trim();
}

function originText({ origin, shipped, unit }: TcpValue): string {
  if (origin === null) return '';
  return sourceOf(origin, `${shipped} ${unit}`.trim());
}

function sourceOf(origin: Origin, shipped: string): string {
  switch (origin.from) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}; default ${shipped}`;
    case 'changed':
      return origin.instead.at === 'the kernel'
        ? `set since the start; default ${shipped}`
        : `set since the start; ${origin.instead.at} says ${origin.instead.value}`;
  }
}

/** What can be said on a system whose values are not read. */
function elsewhere(system: string): string {
  const name = systemName(system);
  const row = systems.find((one) => one.name === name);
  const head = wrapText('', `The values in force: not available on ${name}, only on Linux.`);
  if (row === undefined) return `${head}\nWhat systems ship: holdfast tcp show --systems\n`;
  return `${head}
${wrapText('  shipped     ', sumText(row))}
${wrapText('  system wide ', row.systemWide)}
${wrapText('  per socket  ', row.perSocket)}
`;
}

function sumText({
  idleMs,
  intervalMs,
  probes,
}: {
  readonly idleMs: number;
  readonly intervalMs: number;
  readonly probes: number;
}): string {
  return `${idleMs / 1_000} s + ${probes} x ${intervalMs / 1_000} s = ${exactly(idleMs + intervalMs * probes)}`;
}

/** `holdfast tcp show --systems`. */
export function systemsText(): string {
  const rows = systems.map((system) => [
    system.name,
    `${system.idleMs / 1_000} s`,
    `${system.intervalMs / 1_000} s`,
    String(system.probes),
    exactly(system.idleMs + system.intervalMs * system.probes),
  ]);
  const details = systems.map((system) =>
    [
      system.name,
      wrapText('  per socket   ', system.perSocket),
      wrapText('  system wide  ', system.systemWide),
      ...(system.oftenWrong === null ? [] : [wrapText('  often wrong  ', system.oftenWrong)]),
      wrapText('  source       ', `${system.source} (${system.confidence})`),
    ].join('\n'),
  );
  const others = runtimes.map(({ name, says }) => wrapText(`  ${name.padEnd(13)}`, says));
  return `As shipped. Everywhere it is off unless the program asks for it.

${columns([['SYSTEM', 'IDLE', 'INTERVAL', 'PROBES', 'A DEAD PEER IS NOTICED AFTER'], ...rows])}
${details.join('\n\n')}

Programs that set their own
${others.join('\n')}
`;
}
