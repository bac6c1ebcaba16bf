/** Generated sshd_configs with lines for everybody that stand below a Match block. */
import fc from 'fast-check';

/** Options with their values as `sshd -T` prints them, from the strictest on; the first half may stand in a block. */
export const ofTails: Readonly<Record<string, readonly string[]>> = {
  permitrootlogin: ['no', 'forced-commands-only', 'without-password', 'yes'],
  passwordauthentication: ['no', 'yes'],
  x11forwarding: ['no', 'yes'],
  disableforwarding: ['yes', 'no'],
  maxauthtries: ['2', '3', '6'],
  strictmodes: ['yes', 'no'],
  ignoreuserknownhosts: ['yes', 'no'],
};

const globalOnly: ReadonlySet<string> = new Set(['strictmodes', 'ignoreuserknownhosts']);

const line = (keys: readonly string[]) =>
  fc
    .constantFrom(...keys)
    .chain((key) => fc.constantFrom(...(ofTails[key] ?? [])).map((value) => `${key} ${value}`));
const inBlock = line(Object.keys(ofTails).filter((key) => !globalOnly.has(key)));
const anywhere = line(Object.keys(ofTails));

const block = fc
  .tuple(
    fc.constantFrom('Match user a', 'Match user a,b', 'Match address 192.0.2.0/24'),
    fc.array(inBlock, { minLength: 1, maxLength: 2 }),
    fc.boolean(),
    fc.array(anywhere, { maxLength: 3 }),
  )
  .map(([header, indented, apart, tail]) => [
    header,
    ...indented.map((each) => `  ${each}`),
    ...(apart ? [''] : []),
    ...tail,
  ]);

/** By path, `/main` and what it includes: lines without indentation are meant for everybody. */
export const filesWithTails: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .tuple(
    fc.array(anywhere, { maxLength: 2 }),
    fc.array(block, { minLength: 1, maxLength: 3 }),
    fc.option(fc.array(anywhere, { minLength: 1, maxLength: 2 })),
  )
  .map(([top, blocks, included]): Readonly<Record<string, string>> => {
    const text = [...(included === null ? [] : ['Include /more']), ...top, ...blocks.flat()];
    const main = { '/main': `${text.join('\n')}\n` };
    return included === null ? main : { ...main, '/more': `${included.join('\n')}\n` };
  });

/** The different values that are written for everybody, by option. */
export function writtenForAll(
  files: Readonly<Record<string, string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const written = new Map<string, Set<string>>();
  for (const each of Object.values(files).join('').split('\n')) {
    const found = /^([a-z0-9]+) (.*)$/.exec(each);
    if (found?.[1] === undefined || found[2] === undefined || ofTails[found[1]] === undefined) continue;
    written.set(found[1], (written.get(found[1]) ?? new Set()).add(found[2]));
  }
  return written;
}
