import { FailureError, parseTime, type TunnelOptions } from '../../edit/tunnelrequest.js';
import { planProbe, type RangeOptions } from '../../inspect/probepath/probeplan.js';
import { splitWith } from '../command/pieces.js';
import { whomOf } from '../run/arguments.js';
import { keyFileExists } from '../run/keyfileexists.js';
import { probeLetters, probeOptions } from './options.js';

export interface ProbeArgs {
  readonly host: string;
  readonly range: RangeOptions;
  readonly ssh: Pick<TunnelOptions, 'options' | 'configFile'>;
  readonly notes: readonly string[];
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

export type ParsedProbe =
  | { readonly type: 'probe'; readonly args: ProbeArgs }
  | { readonly type: 'help' }
  | { readonly type: 'refused'; readonly message: string };

const seeHelp = 'see holdfast probe --help';

/** Takes argv after `probe` apart, by getopt's rule as `run` does. */
export function parseProbe(argv: readonly string[]): ParsedProbe {
  const refused = (message: string): ParsedProbe => ({ type: 'refused', message });
  if (argv[0] === '-h') return { type: 'help' };
  const split = splitWith(argv, probeOptions, seeHelp);
  if (!split.ok) return refused(split.message);
  const { pieces } = split;
  const values = new Map<string, string>();
  const on = new Set<string>();
  for (const piece of pieces) {
    if (piece.type === 'command')
      return refused(`${JSON.stringify(piece.words.join(' '))}: no command is run; want one host`);
    if (piece.type === 'letter' && !probeLetters.some((letter) => letter === piece.letter))
      return refused(
        `-${piece.letter} makes no sense here; there are -F, -i, -l, -p, -o and -J of ssh; ${seeHelp}`,
      );
    if (piece.type === 'letter' && 'vq'.includes(piece.letter)) on.add(piece.letter);
    if (piece.type !== 'long') continue;
    if (piece.value === null) on.add(piece.name);
    else values.set(piece.name, piece.value);
  }
  if (on.has('help')) return { type: 'help' };
  if (!pieces.some((piece) => piece.type === 'host')) return refused('no host; as in holdfast probe db');
  const whom = whomOf(pieces, 'holdfast probe', keyFileExists);
  if (typeof whom === 'string') return refused(whom);
  const times: { minMs?: number; maxMs?: number } = {};
  for (const [name, key] of [
    ['min', 'minMs'],
    ['max', 'maxMs'],
  ] as const) {
    const text = values.get(name);
    if (text === undefined) continue;
    const ms = parseTime(text);
    if (ms === null) return refused(`--${name} ${JSON.stringify(text)}: want a time as 30, 90s or 10m`);
    times[key] = ms;
  }
  const [resolution, direction] = [values.get('resolution'), values.get('direction')];
  const range: RangeOptions = {
    ...times,
    ...(resolution === undefined ? {} : { resolution }),
    // What makes no sense is refused with the others below.
    ...(direction === undefined ? {} : { direction: direction as NonNullable<RangeOptions['direction']> }),
  };
  try {
    planProbe(range);
  } catch (thrown) {
    if (thrown instanceof FailureError) return refused(thrown.message);
    throw thrown;
  }
  const { host, options, configFile } = whom.options;
  return {
    type: 'probe',
    args: {
      host,
      range,
      ssh: {
        ...(options === undefined ? {} : { options }),
        ...(configFile === undefined ? {} : { configFile }),
      },
      notes: whom.notes,
      verbose: on.has('v'),
      quiet: on.has('q'),
      yes: on.has('yes'),
      json: on.has('json'),
    },
  };
}
