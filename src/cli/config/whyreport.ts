import { shellWord } from '../../core/text/shellword.js';
import type {
  Arithmetic,
  HostExplanation,
  LineStory,
  OptionStory,
  UndecidedBlock,
  Where,
} from '../../edit.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';

/** `holdfast config why`: each option with the lines that give it and those that lost, then the arithmetic. */
export function whyText(explanation: HostExplanation, withKeepalive: boolean): string {
  const stories = storiesText(explanation.options);
  const parts = withKeepalive ? [stories, keepaliveWhyText(explanation.keepalive)] : [stories];
  return parts.filter((part) => part !== '').join('\n') || 'no line of any file applies: all is default\n';
}

/** Options of ssh, or of sshd. */
export function storiesText(stories: readonly OptionStory[]): string {
  return stories.map(optionText).join('\n');
}

/** As many losing lines are shown of blocks that do not match; the others are counted. */
const mostAsleep = 8;
const longestValue = 74;

function optionText({ option, values, isDefault, from, lost, note }: OptionStory): string {
  const output: string[] = [];
  const undecided = lost.some((line) => line.lost === 'undecided');
  const origin = !isDefault ? '' : undecided ? '  (default, unless undecided)' : '  (default)';
  if (values.length === 0) output.push(`${option}  (not set)`);
  for (const value of values) output.push(escapeControls(`${option} ${cut(value)}${origin}`));
  if (note !== null) output.push(wrapText('  note  ', note));
  for (const line of from) {
    output.push(lineText('  from  ', line));
    const { block } = line;
    const reading = line.pass === 'final' ? '; in the second reading' : '';
    const why = block === null ? [] : [`in ${block.header} (${whereText(block)}): ${block.why}${reading}`];
    const other = line.alias === null ? [] : [aliasText(line.alias, option)];
    for (const text of [...why, ...other]) output.push(wrapText('        ', escapeControls(text)));
  }
  let asleep = 0;
  for (const line of lost) {
    if (line.lost === 'block') asleep += 1;
    if (line.lost === 'block' && asleep > mostAsleep) continue;
    output.push(lineText(line.lost === 'undecided' ? '  open  ' : '  lost  ', line));
    const other = line.alias === null ? '' : `; ${aliasText(line.alias, option)}`;
    output.push(wrapText('        ', escapeControls(`${line.because}${other}`)));
  }
  if (asleep > mostAsleep) {
    const more = asleep - mostAsleep;
    output.push(`  lost  ${more} more in blocks that do not match; --json names them`);
  }
  return `${output.join('\n')}\n`;
}

function aliasText(alias: string, option: string): string {
  return `${alias} is another name of ${option}`;
}

function lineText(first: string, line: LineStory): string {
  const at = whereText(line);
  if (line.text === null) return `${first}${at}`;
  const written = escapeControls(line.text.replace(/\s+/g, ' '));
  const text = line.line === 0 ? `-o ${shellWord(written)}` : written;
  const whole = `${first}${at}  ${text}`;
  return whole.length <= 80 ? whole : `${first}${at}\n        ${cut(text)}`;
}

export function whereText({ file, line }: Pick<Where, 'file' | 'line'>): string {
  return line === 0 ? `the ${file}` : `${file}:${line}`;
}

function cut(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue - 4)} ...` : text;
}

/** The sentence for stderr about commands that may not run; empty where all is decided. */
export function undecidedText(blocks: readonly UndecidedBlock[]): string {
  return blocks
    .map((block) => {
      const more = block.options.length - mostChanged;
      const changed = block.options.slice(0, mostChanged).join(', ') + (more > 0 ? ` and ${more} more` : '');
      const said = `${whereText(block)}: undecided: ${block.why}; it may change ${changed}; --exec runs it`;
      return `${wrapText('holdfast: ', escapeControls(said))}\n`;
    })
    .join('');
}

const mostChanged = 6;
const mostNamed = 4;

/** What the heartbeat comes to, in words. */
export function keepaliveWhyText({
  intervalMs,
  countMax,
  noticedAfterMs,
  noticedBy,
  heartbeatMs,
  beatsPerDay,
  bytesPerDay,
  idleTimeouts,
}: Arithmetic): string {
  const say = (text: string) => wrapText('  ', text);
  if (noticedAfterMs === null) {
    return `${[
      'heartbeat: none (ServerAliveInterval 0)',
      say(
        'a dead server is not noticed by ssh. The kernel notices, as Linux is shipped: about 15 min after something was sent, or after 2 h 11 min where TCPKeepAlive is yes',
      ),
      say('nothing keeps an idle connection open: every NAT and firewall on the way forgets it in its time'),
    ].join('\n')}\n`;
  }
  const counted = countMax > 0 ? countMax : 0;
  const product = `${length(intervalMs)} x (${counted} + 1)`;
  const named = (verdicts: readonly string[]) =>
    idleTimeouts
      .filter(({ verdict }) => verdicts.includes(verdict))
      .map(({ middlebox, idleMs }) => `${middlebox.replace(/ \([^)]*\)/g, '')}, ${length(idleMs)}`);
  const list = (middleboxes: readonly string[]) => {
    const more = middleboxes.length - mostNamed;
    return `${middleboxes.slice(0, mostNamed).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  };
  const slow = named(['tooSlow']);
  const survived = named(['survives', 'survivesLoss']);
  const fragile = named(['survives']);
  const output = [
    `heartbeat: every ${length(intervalMs)}`,
    say(
      noticedBy === 'kernel'
        ? `a dead server is noticed after ${length(noticedAfterMs)}: a heartbeat is data in flight, and the kernel gives that up first (tcp_retries2), not after ${product} = ${length(heartbeatMs ?? 0)}`
        : `a dead server is noticed after ${length(noticedAfterMs)}: ${product}`,
    ),
    say(`${beatsPerDay.toLocaleString('en-US')} beats a day, ${bytes(bytesPerDay)}`),
  ];
  if (countMax <= 0) {
    output.push(
      say(`ServerAliveCountMax ${countMax}: ssh ends a healthy connection at the first quiet interval`),
    );
  }
  output.push(
    survived.length === idleTimeouts.length
      ? say(`survives: all ${idleTimeouts.length} known idle time-outs of NATs, firewalls and proxies`)
      : say(
          `survives: ${survived.length} of ${idleTimeouts.length} known idle time-outs${survived.length === 0 ? '' : `; the shortest: ${list(survived)}`}`,
        ),
  );
  if (fragile.length > 0) output.push(say(`only while no beat is lost: ${list(fragile)}`));
  if (slow.length > 0) output.push(say(`too slow for: ${list(slow)}`));
  return `${output.join('\n')}\n`;
}

function bytes(count: number): string {
  if (count < 1_000) return `${count} bytes`;
  if (count < 1_000_000) return `${Math.round(count / 1_000)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}
