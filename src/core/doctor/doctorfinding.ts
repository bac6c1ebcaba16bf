/** A finding, and the words of what to type. */
import type { LintFact } from './facts.js';

/** The heaviest first: of what should change, the first is the most useful. */
export const findingCodes = [
  'config-refused',
  'config-unreadable',
  'heartbeat-off',
  'count-max-zero',
  'interval-too-long',
  'count-beyond-kernel',
  'kernel-probes',
  'kernel-retries',
  'server-refused',
  'server-silent',
  'lint',
  'server-lint',
  'heartbeat-hasty',
  'server-unseen',
  'kernel-late',
] as const;

/** What a finding is called; docs/doctor.md has them all. */
export type FindingCode = (typeof findingCodes)[number];

/** Something that should change (`level` change), or that could be better (`advice`). */
export interface DoctorFinding {
  readonly code: FindingCode;
  readonly level: 'change' | 'advice';
  readonly sentence: string;
  /** What to type; null: it is done by hand. */
  readonly command: string | null;
  /** By hand: what to do; null: the command does it. */
  readonly byHand: string | null;
}

type Draft = Omit<DoctorFinding, 'level' | 'byHand'> & Partial<Pick<DoctorFinding, 'level' | 'byHand'>>;

export function finding(draft: Draft): DoctorFinding {
  return { level: 'change', byHand: null, ...draft };
}

export function commandLine(...words: readonly (string | null)[]): string {
  return words.filter((word) => word !== null && word !== '').join(' ');
}

/** What a command mends in one, and the first of the others. `command` null: there is none. */
export function lintFindings(
  lint: readonly LintFact[],
  code: 'lint' | 'server-lint',
  command: string | null,
): DoctorFinding[] {
  const mended = command === null ? [] : lint.filter(({ mendable }) => mendable);
  const others = lint.filter((one) => !mended.includes(one));
  const [first] = others;
  return [
    ...(mended.length === 0 ? [] : [finding({ code, sentence: lintSentence(mended), command })]),
    ...(first === undefined
      ? []
      : [
          finding({
            code,
            sentence: lintSentence(others),
            command: null,
            byHand: `${first.at}: ${first.fix}`,
          }),
        ]),
  ];
}

export function lintSentence([first, ...others]: readonly LintFact[]): string {
  return first === undefined ? '' : `${first.at}: ${first.sentence}${andMore(others.length)}`;
}

/** How late TCP keepalive is: `90 s`, `3 min`, `hours`. */
export function lateness(ms: number): string {
  if (ms >= 7_200_000) return 'hours';
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}

export function andMore(count: number): string {
  return count === 0 ? '' : ` (and ${count} more)`;
}
