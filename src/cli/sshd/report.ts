/** What a change of sshd's configuration comes to, for people. */

import type { ClientAlive, SshdOptionChange, SshdPlan } from '../../edit.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';

export const reloadHint = `sshd reads it at its next reload: systemctl reload ssh (or sshd), or --reload
here.
`;

/** Where systemd listens, a reload of sshd changes no port. */
export function socketText(unit: string): string {
  const restart = `systemctl daemon-reload and systemctl restart ${unit}`;
  const text = `${unit} holds the ports, and not sshd: ${restart} open the new ones where systemd reads them from sshd_config (Ubuntu); elsewhere they belong into systemctl edit ${unit}, as ListenStream.`;
  return `${wrapText('', text)}\n`;
}

/** The history is that of each file. */
export function sshdUndoText({ files }: Pick<SshdPlan, 'files'>): string {
  return files.map(({ file }) => `holdfast config undo -F ${escapeControls(file)} takes it back.\n`).join('');
}

/** One paragraph: what changed, where, what that means, and what goes on saying otherwise. */
export function sshdPlanText(plan: SshdPlan, unchecked: string | null = null): string {
  const lines = plan.options.flatMap((each) => optionText(each, plan));
  const { before, after } = plan.clientAlive;
  if (plan.options.some(({ option }) => option.startsWith('ClientAlive'))) {
    lines.push(wrapText('', aliveText(before, after, plan.release)));
  }
  for (const { option, overrides } of plan.options) {
    for (const { file, line, header, value } of overrides) {
      lines.push(wrapText('  ', `${header} keeps its own: ${option} ${value} (${file}:${line})`));
    }
  }
  if (unchecked !== null) lines.push(wrapText('', `Not checked by sshd: ${unchecked}`));
  return lines.map((line) => `${escapeControls(line)}\n`).join('');
}

function optionText(each: SshdOptionChange, plan: SshdPlan): readonly string[] {
  const { option, value, changed, before, after, isDefault, kept, stays: isChosen } = each;
  const whom = plan.match === null ? '' : ` for Match ${plan.match}`;
  const now = `${option} ${after.join(' ') || '(not set)'}${isDefault ? ' (default)' : ''}`;
  const stays = kept.length === 0 ? [] : [`  ${kept.join(', ')} stays: another tool writes that file`];
  if (isChosen) {
    const count = option === 'ClientAliveCountMax' ? '; --count sets another one' : '';
    return [wrapText('', `${now}${whom} stays${whereText(each)}${count}`)];
  }
  if (!changed) {
    const said = value === null ? 'no line of ours sets it' : `already so${whereText(each)}`;
    return [wrapText('', `${now}${whom}: ${said}; nothing to do`), ...stays];
  }
  const was = before.join(' ') || '(not set)';
  const news = value === null ? `${option}: its lines go; now ${after.join(' ') || '(not set)'}` : now;
  const usual = value === null && isDefault ? ' (default)' : '';
  return [wrapText('', `${news}${usual}${whom} (was ${was})${whereText(each)}`), ...stays];
}

function whereText({ from }: SshdOptionChange): string {
  const [first, ...rest] = from;
  if (first === undefined) return '';
  return ` at ${first.file}:${first.line}${rest.length === 0 ? '' : ` and ${rest.length} more`}`;
}

function aliveText(before: ClientAlive, after: ClientAlive, release: string | null): string {
  const same = before.noticedAfterMs === after.noticedAfterMs;
  const was = before.noticedAfterMs === null ? 'never' : `after ${length(before.noticedAfterMs)}`;
  const behind = same ? '' : `; before: ${was}`;
  if (after.noticedAfterMs === null) {
    const why = after.intervalMs > 0 ? 'ClientAliveCountMax 0 gives up no client' : 'it asks no client';
    const idle =
      after.intervalMs === 0
        ? ''
        : ' To end idle sessions there are ChannelTimeout and UnusedConnectionTimeout, from OpenSSH 9.2 on.';
    return `sshd notices no dead client: ${why}${behind}.${idle}`;
  }
  const slow = `sshd ${release} asks only at every other interval`;
  const half = `${slow}; 9.5 and later notice after ${length(after.noticedAfterMs / 2)}`;
  const isKernels = after.noticedAfterMs !== after.heartbeatMs;
  const kernel = ' (by the kernel, whose tcp_retries2 ends what is in flight before the count is full)';
  const why = isKernels ? kernel : after.stride === 2 ? ` (${half})` : '';
  return `A dead client is noticed after ${length(after.noticedAfterMs)} at the latest${behind}${why}.`;
}

/** A file for another machine, with the steps as comments. */
export function dropInText(lines: readonly string[]): string {
  return `# 1. Put this file on the server as /etc/ssh/sshd_config.d/00-holdfast.conf, if
#    /etc/ssh/sshd_config includes that folder at its top; else put the lines
#    into /etc/ssh/sshd_config, above its first Match.
# 2. sshd -t                     it must say nothing
# 3. systemctl reload ssh        sshd on Red Hat; running sessions stay as they are
# 4. Log in a second time before you close the first session.
# 5. sshd -T | grep -i ${lines
    .flatMap((line) => /^\s*(?!Match )(\S+)/.exec(line)?.[1] ?? [])
    .join(' -e ')
    .replace(/^(?=.* -e )/, '-e ')}
${lines.map((line) => `${escapeControls(line)}\n`).join('')}`;
}
