import type { ConfigOptions } from '../../edit/confighost.js';
import type { UndecidedBlock, Undone, UndoOptions } from '../../edit.js';
import { runCommands } from '../command/dispatch.js';
import { UsageError } from '../command/errors.js';
import { given } from '../command/given.js';
import type { ArgumentPart, Arguments } from '../command/table.js';
import { escapeControls } from '../terminal/columns.js';
import { complain, messageText, printChange, printResult, stderr, stdout } from '../terminal/output.js';
import { confirm, hasTerminal } from '../terminal/tty.js';
import { announceSsh, editHandlers } from './edits.js';
import { type ConfigTables, configTable } from './options.js';

/** `holdfast config ...`: argv after `config` -> the exit code. Each command loads what it needs when it runs. */
export function config(argv: readonly string[]): Promise<number> {
  return runCommands('config', configTable, argv, {
    ...readHandlers,
    ...historyHandlers,
    ...editHandlers(argv),
  });
}

type HostArguments = Pick<Arguments<ConfigTables['verify']>, 'options' | 'parts'> & {
  readonly options: { readonly target?: string };
};

const readHandlers = {
  async effective({ words: [host = ''], ...args }: Arguments<ConfigTables['effective']>) {
    const { resolve } = await import('../../edit/explain.js');
    const { lines, ...answer } = await resolve(host, hostOptions(args));
    printResult(args.options.json, answer, () => `${lines.join('\n')}\n`);
    return noteUndecided(args, answer.undecided);
  },

  async why({ words: [host = '', ...only], ...args }: Arguments<ConfigTables['why']>) {
    const { explain } = await import('../../edit/explain.js');
    const { whyText } = await import('./whyreport.js');
    const explanation = await explain(host, { ...hostOptions(args), only });
    const withKeepalive = only.length === 0 || only.some((name) => keepaliveOptions.test(name));
    printResult(args.options.json, explanation, () => whyText(explanation, withKeepalive));
    return noteUndecided(args, explanation.undecided);
  },

  async list({ words: [pattern], ...args }: Arguments<ConfigTables['list']>) {
    const { listHosts } = await import('../../edit/hostlist.js');
    const { listText } = await import('./report.js');
    const { all, json } = args.options;
    const { hosts, patterns } = await listHosts({ ...hostOptions(args), ...given({ pattern }) });
    printResult(json, all ? { hosts, patterns } : { hosts }, () => listText({ hosts, patterns }, all));
    for (const { name, refused } of hosts) if (refused !== null) complain(`${name}: ${refused}`);
    await noteRelease(args);
    return hosts.some(({ refused }) => refused !== null) ? 2 : 0;
  },

  async show({ words: [host = ''], ...args }: Arguments<ConfigTables['show']>) {
    const { showBlocks } = await import('../../edit/explain.js');
    const { showText } = await import('./report.js');
    const shown = await showBlocks(host, hostOptions(args));
    printResult(args.options.json, shown, () => showText(shown));
    return noteUndecided(args, shown.undecided);
  },

  async verify({ words: hosts, ...args }: Arguments<ConfigTables['verify']>) {
    const { verify } = await import('../../edit/verify.js');
    const { verifyText } = await import('./report.js');
    const verified = await verify({ ...hostOptions(args), hosts, onStart: announceSsh });
    printResult(args.options.json, { hosts: verified }, () => verifyText(verified));
    return verified.some(({ verdict }) => verdict === 'differs') ? 1 : 0;
  },

  /** 0: nothing is left to mend. */
  async lint({ options }: Arguments<ConfigTables['lint']>) {
    const { fixConfig, lint } = await import('../../edit/fix.js');
    const { fixedText, lintText, proposalText } = await import('./fixreport.js');
    const { F: configFile, target, fix, yes, json, 'dry-run': dryRun } = options;
    const files = given({ configFile, target });
    if (!fix) {
      const findings = await lint(files);
      printResult(json, { findings }, () => lintText(findings));
      return findings.length > 0 ? 1 : 0;
    }
    const asks = !yes && !dryRun && !json && hasTerminal();
    const fixed = await fixConfig({
      ...files,
      dryRun,
      ...(yes ? { decide: () => true } : {}),
      ...(asks
        ? {
            decide: async (proposal) => {
              const question = `${escapeControls(proposal.diff)}${proposalText(proposal)}Change that? [y/N] `;
              return (await confirm(question)) === true;
            },
          }
        : {}),
    });
    printChange({ json, dryRun }, fixed, fixed.diff, () => {
      return fixedText(fixed, { dryRun, onTerminal: asks, configFile: configFile ?? null });
    });
    if (!json) {
      // Both may be one terminal: one comes after the other.
      await stderr.flushed();
      stdout.write(lintText(fixed.left));
    }
    return fixed.left.length > 0 ? 1 : 0;
  },

  /** 2: --yes is missing, or a line that another program makes has to go first. */
  async managed({ words: [action = 'status'], options }: Arguments<ConfigTables['managed']>) {
    const { initManaged, managedState, removeManaged } = await import('../../edit/managed.js');
    const { managedText, statusText } = await import('./managedreport.js');
    const { F: configFile, yes, json, 'dry-run': dryRun } = options;
    const how = { ...given({ configFile }), dryRun, ...(yes ? { decide: () => true } : {}) };
    if (action === 'status') {
      const state = await managedState(how);
      return printResult(json, state, () => statusText(state));
    }
    if (action !== 'init' && action !== 'remove')
      throw new UsageError(`${JSON.stringify(action)} is none of status, init and remove`);
    const result = await (action === 'init' ? initManaged(how) : removeManaged(how));
    printChange({ json, dryRun }, result, result.diff, () => {
      return managedText(action, result, { dryRun, configFile: configFile ?? null });
    });
    return result.declined || (action === 'remove' && result.byHand !== null) ? 2 : 0;
  },
};

const keepaliveOptions = /^(serveralive(interval|countmax)|protocolkeepalives|setuptimeout)$/i;

const historyHandlers = {
  async history({ options: { F: configFile, json } }: Arguments<ConfigTables['history']>) {
    const { listEdits } = await import('../../edit/history.js');
    const { historyText } = await import('./report.js');
    const history = await listEdits(given({ configFile }));
    return printResult(json, history, () => historyText(history));
  },

  async diff({ words: [number], options: { F: configFile, json } }: Arguments<ConfigTables['diff']>) {
    const { diffOfEdit } = await import('../../edit/history.js');
    const which = number === undefined ? null : countOf(number);
    const found = await diffOfEdit(which, given({ configFile }));
    printResult(json, found, () => escapeControls(found.diff));
    if (found.diff === '' && !json) complain(`${found.file}: nothing was changed in it`);
    return 0;
  },

  async undo({ words: [count = '1'], options }: Arguments<ConfigTables['undo']>) {
    const { undoEdits } = await import('../../edit/history.js');
    const { undoneText } = await import('./report.js');
    const many = countOf(count);
    return goBack(options, (how) => undoEdits(many, how), undoneText);
  },

  async restore({ words: [number = ''], options }: Arguments<ConfigTables['restore']>) {
    const { restoreEdit } = await import('../../edit/history.js');
    const { restoredText } = await import('./report.js');
    const which = countOf(number);
    return goBack(options, (how) => restoreEdit(which, how), restoredText);
  },
};

/** Takes edits back and says so; a dry run shows the diff. */
async function goBack(
  { F: configFile, json, 'dry-run': dryRun }: Arguments<ConfigTables['undo']>['options'],
  act: (how: UndoOptions) => Promise<Undone>,
  text: (undone: Undone, dryRun: boolean) => string,
): Promise<number> {
  const { ChangedSinceError } = await import('../../edit/history.js');
  try {
    const undone = await act({ ...given({ configFile }), dryRun });
    const diff = undone.files.map((file) => file.diff).join('');
    printChange({ json, dryRun }, undone, diff, () => messageText(text(undone, dryRun)));
    return 0;
  } catch (thrown) {
    if (thrown instanceof ChangedSinceError && !json) stdout.write(escapeControls(thrown.diff));
    throw thrown;
  }
}

function countOf(word: string): number {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  throw new UsageError(`${JSON.stringify(word)} is no number from 1`);
}

function hostOptions({ options, parts }: HostArguments): ConfigOptions {
  const { F: configFile, target, exec } = options;
  return { ...given({ configFile, target }), options: parts.flatMap(optionLine), exec };
}

/** -o, -p and -l, each as a line after -o. */
function optionLine(part: ArgumentPart): readonly string[] {
  if (part.type === 'word' || part.value === null) return [];
  if (part.name === 'o') return [part.value];
  if (part.name === 'p') return [`Port ${part.value}`];
  return part.name === 'l' ? [`User "${part.value.replace(/["'\\]/g, '\\$&')}"`] : [];
}

/** What stderr says below an answer. @returns the exit code 0 */
async function noteUndecided(args: HostArguments, blocks: readonly UndecidedBlock[]): Promise<number> {
  if (blocks.length > 0) stderr.write((await import('./whyreport.js')).undecidedText(blocks));
  await noteRelease(args);
  return 0;
}

/** A release between those whose ssh the tests compare with. */
async function noteRelease({ options: { target } }: HostArguments): Promise<void> {
  if (target === undefined || (await import('../../edit/confighost.js')).isJudged(target)) return;
  complain(`OpenSSH ${target}: not judged; from its release notes, not held against that ssh`);
}
