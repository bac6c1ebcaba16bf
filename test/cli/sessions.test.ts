/** The sessions that the pages show are real: each line is run, and prints what the page says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configTable } from '../../src/cli/config/options.js';
import { sshdTable } from '../../src/cli/sshd/options.js';
import { scratch } from '../support/guard.js';
import { blocks, type Page, pageOf } from '../support/pages.js';
import { type Replayed, replayed, shownLines } from '../support/sessions.js';

const edits = pageOf('docs/edit.md');
const readme = pageOf('README.md');

/** The README's keepalive, on the file that docs/edit.md begins with. */
const first: Page = {
  file: 'README.md',
  text: [
    '<!-- begin: ~/.ssh/config -->',
    `\`\`\`ini\n${blocks(edits, 'ini')[0]}\`\`\``,
    '```text',
    '$ holdfast config keepalive',
    `${blocks(readme, 'text').find((one) => /keeps its own/.test(one))}\`\`\``,
  ].join('\n'),
};

const pages = [
  first,
  edits,
  ...['config', 'lint', 'sshd', 'sshd-edit'].map((name) => pageOf(`docs/${name}.md`)),
];

describe.each(pages)('the sessions of $file', (page) => {
  const place = scratch('sessions');
  afterAll(() => place.remove());
  let lines: readonly Replayed[] = [];
  beforeAll(async () => {
    lines = await replayed(page, place.dir);
  }, 120_000);

  it('are real, one line after the other', () => {
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.map(({ line, said }) => [line, said])).toEqual(lines.map(({ line, told }) => [line, told]));
  });
});

describe('every command', () => {
  const shown = pages.flatMap(shownLines);
  const all = [
    ...Object.keys(configTable.commands).map((name) => `config ${name}`),
    ...Object.keys(sshdTable.commands).map((name) => `sshd ${name}`),
  ];

  it.each(all)('%s is shown in a page, with what it prints', (command) => {
    expect(shown.filter((line) => line.startsWith(`holdfast ${command}`)).length).toBeGreaterThan(0);
  });
});
