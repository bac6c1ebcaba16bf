/**
 * `lint --fix` of generated configurations, judged by the installed `ssh -G`: without a yes no host gets anything else; with
 * it, only those get it that were shown, and only what was shown. HOLDFAST_SEED: another seed.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesOf } from '../../src/core/sshconfig/bytes.js';
import { keywordOf } from '../../src/core/sshconfig/keywords/keywords.js';
import { lowerCase, matchPattern } from '../../src/core/text/pattern.js';
import { type FixedConfig, type FixProposal, fixConfig, lint } from '../../src/edit.js';
import { amount } from '../support/amount.js';
import { type ConfigCase, configCase, environment, hosts } from '../support/configgen.js';
import { scratch } from '../support/guard.js';
import { sshAnswers } from '../support/sshanswers.js';

const count = amount(80);
const seed = Number(process.env.HOLDFAST_SEED ?? 1);
const atOnce = 3;

/** Lines and blocks that lint knows a mend for, put in between others. */
const slips = fc.constantFrom(
  'Port 22# why',
  'KeepAlive yes',
  'Cipher 3des',
  'ServerAliveCountMax 0',
  'ServerAliveInterval 600',
  'TCPKeepAlive yes',
  'BatchMode yes',
  'Port 1\nPort 2',
  'ServerAliveIntervall 30',
  'ClientAliveInterval 30',
  'Port 70000',
  'UseKeychain yes\nIgnoreUnknown UseKeychain',
  'ObscureKeystrokeTiming no',
  'Host web,db\n  Compression yes',
  'Host web[1-3]\n  Compression yes',
  'Host *\n  User all\nHost db\n  User db',
  'Host db\n  Port 2222\n\nCompression yes',
  'Host a\n  Include @D@/a.conf',
  'IdentityFile2 k',
);

interface Case {
  readonly config: ConfigCase;
  readonly slips: readonly { readonly text: string; readonly at: number }[];
  readonly mark: boolean;
}

const generator: fc.Arbitrary<Case> = fc.record({
  config: configCase,
  slips: fc.array(fc.record({ text: slips, at: fc.nat(1_000) }), { minLength: 1, maxLength: 4 }),
  mark: fc.nat(15).map((roll) => roll === 0),
});

const latin = { encoding: 'latin1', mode: 0o600 } as const;

function lay({ config, slips, mark }: Case, dir: string): void {
  for (const [name, text] of Object.entries(config.files)) {
    // Not read with -F.
    // Nor the links of `config`: a file by two names is refused.
    if (/^(?:etc\/|system|home\/\.ssh\/)/.test(name)) continue;
    const file = path.join(dir, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const lines = text.split('\n');
    if (name === 'main') for (const { text: slip, at } of slips) lines.splice(at % lines.length, 0, slip);
    // What names mean is asked of the network, and commands would run.
    const plain = lines
      .join('\n')
      .replaceAll('@D@', dir)
      // Our own $HOME is another one, as for files that are named without a folder.
      .replaceAll('~/', `${dir}/home/`)
      .replace(/^.*(?:canonicali|\bexec\b).*$/gim, '');
    writeFileSync(file, name === 'main' && mark ? `\xef\xbb\xbf${plain}` : plain, latin);
  }
}

let place: ReturnType<typeof scratch>;
const before = { ...process.env };
beforeAll(() => {
  place = scratch('lintfix');
  Object.assign(process.env, environment, {
    PATH: before.PATH,
    XDG_STATE_HOME: path.join(place.dir, 'state'),
  });
});
afterAll(() => {
  place.remove();
  process.env = before;
});

/**
 * Everyone that the files are about, and somebody else. Not `WEB`, which `Match host web` means and `Host web` does not: that
 * `web` changes is shown. Not names that are addresses to some values of AddressFamily.
 */
const left = ['WEB', '1', '0x7f.1'];
const asked = [...hosts.filter((host) => !left.includes(host)), 'real.example', 'nobody-here'];

function shows({ changedHosts, acceptedHosts }: FixProposal, host: string, option: string | null): boolean {
  const fits = (pattern: string) =>
    pattern === '*' || matchPattern(lowerCase(host), lowerCase(bytesOf(pattern)));
  if (acceptedHosts.some(fits)) return true;
  return changedHosts.some((each) => {
    const key = keywordOf(each.option.toLowerCase())?.key ?? each.option.toLowerCase();
    return fits(each.host) && (option === null || key === option);
  });
}

/** Keywords whose lines differ; null: one of the two is refused. */
function unlike(one: string, other: string): readonly string[] | null {
  if (one === other) return [];
  if (!one.startsWith('0\n') || !other.startsWith('0\n')) return null;
  const old = one.split('\n');
  const fresh = other.split('\n');
  const lines = [
    ...old.filter((line) => !fresh.includes(line)),
    ...fresh.filter((line) => !old.includes(line)),
  ];
  return [...new Set(lines.map((line) => lowerCase(line.split(' ')[0] ?? '')))];
}

/** What is wrong with what was done, by ssh's own words. */
function judged(
  old: readonly string[],
  fresh: readonly string[],
  { fixed }: FixedConfig,
  said: boolean,
): readonly string[] {
  return asked.flatMap((host, at) => {
    const keys = unlike(old[at] ?? '', fresh[at] ?? '');
    if (keys?.length === 0) return [];
    if (!said) return [`${host}: ${keys ?? 'refused'} without a yes`];
    const hidden = (keys ?? [null]).filter((key) => !fixed.some((proposal) => shows(proposal, host, key)));
    return hidden.map((key) => `${host}: ${key ?? 'refused or taken'}, and nobody was shown that`);
  });
}

it(`lint --fix changes what was shown and agreed to, in ${count} generated cases (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const wrong: string[] = [];
  const codes = new Map<string, number>();
  let [changed, agreed, refused] = [0, 0, 0];
  const one = async (each: Case, dir: string): Promise<void> => {
    lay(each, dir);
    const configFile = path.join(dir, 'main');
    const ask = () => sshAnswers(asked.map((host) => ({ dir, host, option: null })));
    const found = (text: string, { fixed, diff }: FixedConfig) => {
      const shown = fixed.map(({ finding, changedHosts, acceptedHosts }) => {
        const told = changedHosts.map(({ host, option }) => `${host} ${option}`);
        return [finding.code, `line ${finding.line}`, ...told, ...acceptedHosts].join(', ');
      });
      wrong.push(`${text}\n${shown.join('\n')}\n${diff}`);
    };
    let old = await ask();
    for (const decide of [undefined, () => true]) {
      const said = decide !== undefined;
      const options = { configFile, ...(decide ? { decide } : {}) };
      const done = await fixConfig(options);
      for (const { finding } of done.fixed) codes.set(finding.code, (codes.get(finding.code) ?? 0) + 1);
      refused += done.refused.length;
      if (done.changed && said) agreed += 1;
      else if (done.changed) changed += 1;
      const fresh = done.changed ? await ask() : old;
      for (const problem of judged(old, fresh, done, said)) found(problem, done);
      old = fresh;
      expect(await lint({ configFile })).toEqual(done.left);
      const again = await fixConfig(options);
      if (again.changed) found(`${said ? 'with a yes' : 'without one'} there is more to mend`, again);
      if (said && again.declined.length > 0) found('a yes was not heard', again);
    }
    rmSync(dir, { recursive: true });
  };
  const cases = [...fc.sample(generator, { seed, numRuns: count }).entries()];
  const work = async () => {
    for (let next = cases.pop(); next && wrong.length < 5; next = cases.pop())
      await one(next[1], path.join(place.dir, String(next[0])));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const table = [...codes].sort().map(([code, times]) => `${code} ${times}`);
  console.log(
    `${changed} mended without a yes, ${agreed} with one, ${refused} edits refused; ${table.join(', ')}`,
  );
  expect(wrong.join('\n##########\n')).toBe('');
  expect(Math.min(changed, agreed)).toBeGreaterThan(count / 4);
  expect(codes.size).toBeGreaterThan(10);
});
