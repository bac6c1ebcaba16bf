import { RefusedError, refusalSentences } from '../../edit/confighost.js';
import type { OptionStory } from '../../edit.js';
import { lintText } from '../config/configlint.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { complain, stderr, stdout } from '../terminal/output.js';
import { parseSshd } from './options.js';

const help = `holdfast sshd <command> [user=NAME] [host=NAME] [addr=ADDRESS] [options]

What sshd makes of its configuration, and why. No sshd is asked.

Commands:
  effective           All effective options, as sshd -T prints them
  why [Option...]     The lines that give a value, and those that lost
  lint                What is not what the author of the files believes
  set Option value..., unset Option, keepalive
                      Change it, proved first; see holdfast sshd set --help

The connection, for Match blocks; also after -C, as for sshd -T:
  user=, host=, addr=, laddr=, lport=, rdomain=

Options:
  -f, -F FILE      Read this file            [default: /etc/ssh/sshd_config]
      --target V   lint: the release of OpenSSH that reads it     [default: 9.2]
      --json       One JSON object on stdout
  -h, --help       Show this help

Examples:
  holdfast sshd effective user=bob addr=10.0.0.7
  holdfast sshd why PasswordAuthentication user=bob
  holdfast sshd lint
`;

/** `holdfast sshd ...`: argv after `sshd` -> the exit code. */
export async function sshd(argv: readonly string[]): Promise<number> {
  const split = parseSshd(argv);
  if (!split.ok) {
    complain(`sshd: ${split.message}`);
    return 2;
  }
  const { command, only, options, target, json } = split.args;
  if (command === null) {
    (split.args.help ? stdout : stderr).write(help);
    return split.args.help ? 0 : 2;
  }
  try {
    if (command === 'lint') {
      const { configFile } = options;
      const { sshdLint } = await import('../../edit.js');
      const findings = await sshdLint({
        ...(configFile === undefined ? {} : { configFile }),
        ...(target === null ? {} : { target }),
      });
      stdout.write(json ? jsonOf({ findings }) : lintText(findings));
      return findings.length > 0 ? 1 : 0;
    }
    const { sshdEffective, sshdWhy } = await import('../../edit/serverexplain.js');
    if (command === 'effective') {
      const { lines, ...answer } = await sshdEffective(options);
      stdout.write(json ? jsonOf(answer) : `${lines.map(escapeControls).join('\n')}\n`);
    } else {
      const stories = await sshdWhy({ ...options, only });
      stdout.write(json ? jsonOf({ options: stories }) : whyText(stories));
    }
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof RefusedError)) throw thrown;
    if (json) stdout.write(jsonOf({ refusals: thrown.refusals }));
    for (const line of refusalSentences(thrown.refusals)) complain(line);
    return 2;
  }
}

function whyText(stories: readonly OptionStory[]): string {
  return stories.length === 0 ? 'no line applies: all is default\n' : stories.map(optionText).join('\n');
}

function optionText({ option, values, isDefault, from, lost }: OptionStory): string {
  const lines = values.map((value) => escapeControls(`${option} ${value}${isDefault ? '  (default)' : ''}`));
  if (values.length === 0) lines.push(`${option}  (not set)`);
  for (const { file, line, text, block } of from) {
    lines.push(escapeControls(`  from  ${file}:${line}  ${text ?? ''}`));
    if (block !== null) {
      lines.push(
        wrapText(
          '        ',
          escapeControls(`in ${block.header} (${block.file}:${block.line}): ${block.why}`),
        ),
      );
    }
  }
  for (const { file, line, text, because } of lost) {
    lines.push(
      escapeControls(`  lost  ${file}:${line}  ${text ?? ''}`),
      wrapText('        ', escapeControls(because)),
    );
  }
  return `${lines.join('\n')}\n`;
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
