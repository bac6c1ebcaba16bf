/** Edits as somebody might ask for, of a configuration that was generated. */
import fc from 'fast-check';
import type { Change } from '../../src/core/sshconfig/edit/change.js';
import { keywordOf } from '../../src/core/sshconfig/keywords/keywords.js';
import { linesOf } from '../../src/core/sshconfig/syntax/lines.js';
import { splitArguments } from '../../src/core/sshconfig/syntax/linewords.js';
import { type ConfigCase, configCaseOf, hosts } from './configgen.js';
import { valuesOf } from './configvalues.js';
import type { JudgedRelease } from './releases.js';

/** A configuration, and what decides about the edit once its folder is known. */
export interface EditCase {
  readonly config: ConfigCase;
  readonly kind: Change['type'] | 'everyone' | 'pattern';
  readonly pick: number;
  readonly option: string;
  /** As it might stand in a file. */
  readonly value: string;
}

const kinds = fc.oneof(
  { weight: 8, arbitrary: fc.constant('set' as const) },
  { weight: 3, arbitrary: fc.constant('everyone' as const) },
  { weight: 2, arbitrary: fc.constantFrom('pattern' as const, 'unset' as const, 'add' as const) },
  { weight: 2, arbitrary: fc.constantFrom('append' as const, 'drop' as const, 'remove' as const) },
  { weight: 2, arbitrary: fc.constantFrom('rename' as const, 'copy' as const, 'unset' as const) },
);

/** Taken from blocks that do not apply, or judging lines of others: nobody can set them for one host. */
const beyondHosts = ['SyslogFacility', 'StreamLocalBindMask', 'IgnoreUnknown'];
const often = ['ServerAliveInterval', 'ServerAliveCountMax', 'Port', 'User', 'HostName', 'ProxyJump'];
const lists = [
  'IdentityFile',
  'LocalForward',
  'RemoteForward',
  'DynamicForward',
  'SendEnv',
  'CertificateFile',
];

/** For a release: files that it reads, and options that it knows. */
export function editCaseOf(release: JudgedRelease): fc.Arbitrary<EditCase> {
  const { generated } = valuesOf(release);
  const names = Object.keys(generated).filter(
    (name) => keywordOf(name.toLowerCase(), release) && !beyondHosts.includes(name),
  );
  const option = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...often) },
    { weight: 3, arbitrary: fc.constantFrom(...names) },
  );
  return fc
    .tuple(configCaseOf(release), kinds, fc.nat(1_000), option, fc.constantFrom(...lists))
    .chain(([config, kind, pick, name, list]) => {
      const chosen = kind === 'append' || kind === 'drop' ? list : name;
      const value = generated[chosen]?.good ?? fc.constant('yes');
      return value.map((text) => ({ config, kind, pick, option: chosen, value: text }));
    });
}

/** Names and patterns behind Host in a text, and the lines of an option. */
function standing(text: string, option: string): { names: string[]; patterns: string[]; values: string[][] } {
  const found = { names: [] as string[], patterns: [] as string[], values: [] as string[][] };
  for (const { option: line } of linesOf(text)) {
    if (line === null) continue;
    const words = splitArguments(text, line.value.start, line.value.end)?.map((word) => word.text) ?? [];
    if (line.name === option.toLowerCase()) found.values.push(words);
    if (line.name !== 'host') continue;
    for (const word of words) {
      if (word.startsWith('!') || /[,#"'\s]/.test(word)) continue;
      (/[*?]/.test(word) ? found.patterns : found.names).push(word);
    }
  }
  return found;
}

/** Null: there is nothing of that kind to ask for. */
export function changeOf({ kind, pick, option, value, config }: EditCase, dir: string): Change | null {
  const main = (config.files.main ?? '').replaceAll('@D@', dir);
  const found = standing(main, option);
  const one = <T>(list: readonly T[]): T | undefined => list[pick % Math.max(list.length, 1)];
  // No host that is edited has a comma: Host takes it for a letter, and newer builds refuse it.
  const host = one([...found.names, ...hosts.filter((each) => !each.includes(','))]) ?? 'web';
  const text = value.replaceAll('@D@', dir);
  const form = keywordOf(option.toLowerCase())?.form.type;
  const raw = form === 'command' || form === 'jump';
  const values = raw ? [text] : (splitArguments(text, 0, text.length) ?? []).map((word) => word.text);
  const fresh = `fresh${pick}`;
  switch (kind) {
    case 'set':
      return { type: kind, host, option, values };
    case 'everyone':
      return { type: 'set', host: '*', option, values };
    case 'pattern': {
      const pattern = one(found.patterns.filter((each) => each !== '*'));
      return pattern === undefined ? null : { type: 'set', host: pattern, option, values };
    }
    case 'unset':
      return { type: kind, host: pick % 5 === 0 ? '*' : host, option };
    case 'append':
      return { type: kind, host, option, values };
    case 'drop': {
      const known = one(found.values);
      return known === undefined || known.length === 0 ? null : { type: kind, host, option, values: known };
    }
    case 'add':
      return {
        type: kind,
        host: fresh,
        options: [
          { option, values },
          { option: 'HostName', values: ['10.9.8.7'] },
        ],
      };
    case 'remove': {
      const known = one(found.names);
      return known === undefined ? null : { type: kind, host: known };
    }
    case 'rename':
    case 'copy': {
      const known = one(found.names);
      return known === undefined ? null : { type: kind, from: known, to: fresh };
    }
  }
}
