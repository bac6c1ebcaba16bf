import type { HostBlocks, ShownBlock, ShownLine } from '../../edit.js';
import { escapeControls, width, wrapText } from '../terminal/columns.js';
import { whereText } from './configwhy.js';

/** `holdfast config show`: the blocks that apply, as they stand, each line with what became of it. */
export function showText({ blocks }: HostBlocks): string {
  if (blocks.length === 0) return 'no line of any file applies: all is default\n';
  return blocks.map(blockText).join('\n');
}

function blockText(shown: ShownBlock): string {
  const { block, includes, lines } = shown;
  const output: string[] = [escapeControls(whereText(shown))];
  const via = includes.map((site) => `included by ${whereText(site)}`).reverse();
  if (via.length > 0) output.push(wrapText('  ', escapeControls(via.join(', '))));
  if (block !== null) {
    const verb = block.applies === 'undecided' ? 'undecided: ' : '';
    const own = block.file === shown.file && block.line === shown.line;
    output.push(
      wrapText(
        '  ',
        escapeControls(
          own ? `${verb}${block.why}` : `${verb}${block.header} (${whereText(block)}): ${block.why}`,
        ),
      ),
    );
  }
  const digits = Math.max(4, ...lines.map(({ line }) => String(line).length));
  const column = Math.min(
    48,
    Math.max(0, ...lines.map(({ text, status }) => (status === 'other' ? 0 : text.length))),
  );
  let last = lines.length;
  while (last > 1 && lines[last - 1]?.text.trim() === '') last -= 1;
  for (const line of lines.slice(0, last)) output.push(lineText(line, digits, column));
  return `${output.join('\n')}\n`;
}

function lineText(
  { line, text, status, values, because }: ShownLine,
  digits: number,
  column: number,
): string {
  const start = `${String(line).padStart(digits)}  `;
  const written = escapeControls(text.replaceAll('\t', '    '));
  if (status === 'other') return `${start}${written}`.trimEnd();
  const beside = escapeControls(
    status === 'gives' ? gives(values) : `${status === 'lost' ? '-' : '?'} ${because ?? ''}`,
  );
  const whole = `${start}${written.padEnd(column)}  ${beside}`;
  if (whole.length <= width) return whole;
  return `${start}${written}\n${wrapText(' '.repeat(digits + 6), beside)}`;
}

function gives(values: readonly string[]): string {
  const [value, ...more] = values;
  if (value === undefined) return '= nothing';
  return more.length === 0 ? `= ${value}` : '+ one of several';
}
