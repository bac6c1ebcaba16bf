/** Configurations written by hand, each for one rule, against the installed `ssh -G`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printAnswer } from '../../src/core/sshconfig/explain/print.js';
import { caseOf, fixtures } from '../support/configfixtures.js';
import { hostsText, judge } from '../support/configjudge.js';
import { refusedFixtures } from '../support/configrefusals.js';
import { scratch } from '../support/guard.js';

let place: ReturnType<typeof scratch>;
let hosts = '';
let count = 0;

beforeAll(() => {
  place = scratch('fixtures');
  hosts = path.join(place.dir, 'hosts');
  writeFileSync(hosts, hostsText());
});
afterAll(() => place.remove());

function folder(): string {
  count += 1;
  const dir = path.join(place.dir, String(count));
  mkdirSync(dir, { mode: 0o700 });
  return dir;
}

const questions = fixtures.flatMap((fixture) =>
  Object.entries(fixture.says).map(([host, says]) => ({ fixture, host, says: [says].flat() })),
);

describe('ssh -G and we say the same', () => {
  it.each(questions)('$fixture.rule: $host', async ({ fixture, host, says }) => {
    const { difference, ours } = await judge(caseOf(fixture, host), folder(), hosts);
    expect(difference).toBeNull();
    if (ours.type === 'refused') throw new Error(`refused: ${JSON.stringify(ours.errors)}`);
    const printed = printAnswer(ours.answer);
    for (const line of says) {
      if (line.startsWith('!')) expect(printed).not.toContain(line.slice(1));
      else expect(printed).toContain(line);
    }
  });
});

describe('ssh -G and we refuse, for the same lines', () => {
  it.each(refusedFixtures)('$rule', async (fixture) => {
    const dir = folder();
    const { difference, ours } = await judge(caseOf(fixture, 'db'), dir, hosts);
    expect(difference).toBeNull();
    if (ours.type !== 'refused') throw new Error('accepted');
    const named = ours.errors.map(({ file, line }) => `${(file ?? '').replace(`${dir}/`, '')}:${line}`);
    if (fixture.lines.length > 0) expect(named).toEqual(fixture.lines);
  });
});

it('they are many', () => {
  expect(questions.length + refusedFixtures.length).toBeGreaterThan(250);
});
