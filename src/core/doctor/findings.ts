/** What doctor makes of its facts: findings in the order of their weight, and what to type. */
import { configFindings } from './configfindings.js';
import { type Death, deathOf } from './death.js';
import { type DoctorFinding, findingCodes } from './doctorfinding.js';
import type { DoctorFacts } from './facts.js';
import { kernelFindings, serverFindings } from './machinefindings.js';

export interface DoctorJudgement {
  /** What should change before what could be better; one for each command. */
  readonly findings: readonly DoctorFinding[];
  /** The first three. */
  readonly changes: readonly DoctorFinding[];
  /** Should anything change? Advice does not count. */
  readonly shouldChange: boolean;
  /** null: ssh's configuration could not be read. */
  readonly death: Death | null;
}

const most = 3;

export function judge(facts: DoctorFacts): DoctorJudgement {
  const findings = [...configFindings(facts), ...kernelFindings(facts), ...serverFindings(facts)]
    .sort((a, b) => rank(a) - rank(b))
    .filter(isFirstOfItsKind);
  const { state } = facts.config;
  const { times, shipped } = facts.kernel;
  return {
    findings,
    changes: findings.slice(0, most),
    shouldChange: findings.some(({ level }) => level === 'change'),
    death:
      state.type === 'read'
        ? deathOf(state.heartbeat, facts.path?.relay ?? null, times ?? shipped, times)
        : null,
  };
}

function rank({ code, level }: DoctorFinding): number {
  return (level === 'change' ? 0 : findingCodes.length) + findingCodes.indexOf(code);
}

/** A command need not be typed twice. */
function isFirstOfItsKind({ command }: DoctorFinding, at: number, all: readonly DoctorFinding[]): boolean {
  return command === null || all.findIndex((other) => other.command === command) === at;
}
