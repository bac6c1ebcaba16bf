/** A configuration as large as they get: what it costs is measured and held in bounds. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const hostCount = 10_000;
export const fileCount = 50;
/** What every host sets; a Host line comes before them. */
const optionsOf = (number: number, file: number, at: number) => [
  `HostName 10.${file}.${at}.1`,
  `User user${number % 7}`,
  `Port ${2_000 + (number % 100)}`,
  `IdentityFile ~/.ssh/id_${number % 5}`,
  'ServerAliveInterval 30',
];
export const optionCount = optionsOf(0, 0, 0).length;
const forAll = ['Host *', '    ServerAliveInterval 60', '    ServerAliveCountMax 3', ''];

export interface LargeConfig {
  /** Includes all the others. */
  readonly inFiles: string;
  /** The same hosts. */
  readonly inOne: string;
}

/** Two hundred hosts in each included file, and what holds for all behind them. */
export function layLargeConfig(dir: string): LargeConfig {
  mkdirSync(path.join(dir, 'conf'), { mode: 0o700 });
  const texts = Array.from({ length: fileCount }, (_, file) =>
    Array.from({ length: hostCount / fileCount }, (_, at) => {
      const number = (file * hostCount) / fileCount + at;
      const lines = optionsOf(number, file, at).map((line) => `    ${line}\n`);
      return `Host host${number}\n${lines.join('')}\n`;
    }).join(''),
  );
  const includes = texts.map((text, file) => {
    const name = path.join(dir, 'conf', `${String(file).padStart(2, '0')}.conf`);
    writeFileSync(name, text, { mode: 0o600 });
    return `Include ${name}\n`;
  });
  const inFiles = path.join(dir, 'config');
  const inOne = path.join(dir, 'one');
  writeFileSync(inFiles, includes.join('') + forAll.join('\n'), { mode: 0o600 });
  writeFileSync(inOne, texts.join('') + forAll.join('\n'), { mode: 0o600 });
  return { inFiles, inOne };
}
