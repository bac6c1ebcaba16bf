import type { SshdOptions } from '../../edit.js';
import { runCommands } from '../command/dispatch.js';
import { UsageError } from '../command/errors.js';
import { given } from '../command/given.js';
import { readPort } from '../command/readvalue.js';
import type { Arguments } from '../command/table.js';
import { escapeControls } from '../terminal/columns.js';
import { printResult } from '../terminal/output.js';
import { guardWord, type SshdTables, sshdFields, sshdTable } from './options.js';

type EditArguments = Arguments<SshdTables['set']>;

/**
 * `holdfast sshd ...`: argv after `sshd` -> the exit code. Each command loads what it needs when it runs.
 * @param confirmMs how long a reloaded change waits for the person to confirm it
 */
export async function sshd(argv: readonly string[], confirmMs = 60_000): Promise<number> {
  if (argv[0] === guardWord) return (await import('./sshdguard.js')).guard();
  return runCommands('sshd', sshdTable, argv, {
    async effective(args) {
      const { sshdEffective } = await import('../../edit/serverexplain.js');
      const { connection, others } = connectionOf(args);
      const [odd] = others;
      if (odd !== undefined) {
        throw new UsageError(
          `${JSON.stringify(odd)} is one word too many; for one option: holdfast sshd why ${odd}`,
        );
      }
      const { lines, ...answer } = await sshdEffective(connection);
      return printResult(args.options.json, answer, () => `${lines.map(escapeControls).join('\n')}\n`);
    },

    async why(args) {
      const { sshdWhy } = await import('../../edit/serverexplain.js');
      const { storiesText } = await import('../config/whyreport.js');
      const { connection, others: only } = connectionOf(args);
      const stories = await sshdWhy({ ...connection, only });
      return printResult(args.options.json, { options: stories }, () =>
        stories.length === 0 ? 'no line applies: all is default\n' : storiesText(stories),
      );
    },

    async lint({ options: { file: configFile, target, json } }) {
      const { sshdLint } = await import('../../edit.js');
      const { lintText } = await import('../config/fixreport.js');
      const findings = await sshdLint(given({ configFile, target }));
      printResult(json, { findings }, () => lintText(findings));
      return findings.length > 0 ? 1 : 0;
    },

    async set({ words: [option = '', ...value], options }: EditArguments) {
      if (value.length === 0) {
        const [example] = sshdTable.commands.set.examples;
        throw new UsageError(`to which value is ${option} to be set? As in ${example}`);
      }
      const { changeSshd } = await import('./sshdset.js');
      return changeSshd([{ option, value }], options, confirmMs);
    },

    async unset({ words: [option = '', extra], options }: EditArguments) {
      if (extra !== undefined && !/^subsystem$/i.test(option)) {
        throw new UsageError(`${JSON.stringify(extra)} is one word too many: every line of ${option} goes`);
      }
      const { changeSshd } = await import('./sshdset.js');
      return changeSshd([{ option, value: null }], options, confirmMs);
    },

    async keepalive({ options }) {
      const { changeSshd } = await import('./sshdset.js');
      const { interval = '15', count, off } = options;
      const intervalChange = { option: 'ClientAliveInterval', value: [off ? '0' : interval] };
      if (off) return changeSshd([intervalChange], options, confirmMs);
      // Another machine's files are not known: its default is left out.
      if (options.print && count === undefined) return changeSshd([intervalChange], options, confirmMs);
      const counted = {
        option: 'ClientAliveCountMax',
        value: [count ?? '3'],
        onlyIfUnset: count === undefined,
      };
      return changeSshd([intervalChange, counted], options, confirmMs);
    },
  });
}

/** `field=value` among the words and after -C, and the other words. */
function connectionOf({ words, options }: Pick<Arguments<SshdTables['why']>, 'words' | 'options'>): {
  readonly connection: SshdOptions;
  readonly others: readonly string[];
} {
  const known = new Map<string, string>();
  const others: string[] = [];
  for (const word of [...words, ...options.C.flatMap((text) => text.split(','))]) {
    const equals = word.indexOf('=');
    if (equals === -1) others.push(word);
    else known.set(word.slice(0, equals), word.slice(equals + 1));
  }
  const odd = [...known.keys()].find((name) => !sshdFields.some((field) => field === name));
  if (odd !== undefined) {
    const fields = sshdFields.map((each) => `${each}=`).join(', ');
    throw new UsageError(`unknown ${JSON.stringify(`${odd}=`)}; there are ${fields}`);
  }
  const { lport, ...texts } = Object.fromEntries(known);
  return {
    connection: {
      ...texts,
      ...(lport === undefined ? {} : { lport: readPort(lport, 'lport') }),
      ...given({ configFile: options.file }),
    },
    others,
  };
}
