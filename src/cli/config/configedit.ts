import {
  EditRefusedError,
  editConfig,
  exitCode,
  FailureError,
  RefusedError,
  refusalSentences,
  SshDisagreesError,
  type WriteConfigOptions,
  WriteRefusedError,
  type WrittenConfig,
} from '../../edit/configwrite.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { complain, stderr, stdout } from '../terminal/output.js';
import { type ConfigEdit, type ConfigEditArgs, parseConfigEdit } from './configeditoptions.js';
import { editText, refusalHint } from './configeditreport.js';
import { keepaliveText } from './configkeepalive.js';

/** `holdfast config set` and the others that change the file: argv without that word -> the exit code. */
export async function configEdit(command: ConfigEdit, argv: readonly string[]): Promise<number> {
  const split = parseConfigEdit(command, argv);
  if (!split.ok) {
    complain(`config: ${split.message}`);
    return 2;
  }
  const { args } = split;
  if (args.help) {
    stdout.write((await import('./configedithelp.js')).configEditHelp(command));
    return 0;
  }
  try {
    return await changed(args);
  } catch (thrown) {
    if (!(thrown instanceof FailureError) || thrown.kind === 'bug') throw thrown;
    const { reason, message } = refusalOf(thrown);
    if (args.json) stdout.write(jsonOf({ changed: false, written: false, refused: { reason, message } }));
    stderr.write(`${wrapText('holdfast: ', escapeControls(message))}\n`);
    const hint = refusalHint(thrown);
    if (hint !== null) stderr.write(`${wrapText('holdfast: ', escapeControls(hint))}\n`);
    return exitCode({ ok: false, failure: thrown });
  }
}

async function changed(args: ConfigEditArgs): Promise<number> {
  const source = { path: args.configFile };
  const options: WriteConfigOptions = {
    ...{ dryRun: args.dryRun, exec: args.exec },
    ...(args.target === null ? {} : { target: args.target }),
    ...{ allowUnknown: args.allowUnknown, verifyWithSsh: args.verifyWithSsh },
    onVerify: () =>
      stderr.write('holdfast: asking ssh -G, which runs the commands of Match exec and looks names up\n'),
  };
  if (args.keepalive !== null) {
    const { setKeepalive } = await import('../../edit/setkeepalive.js');
    const written = await setKeepalive(source, args.keepalive, { ...options, managed: args.managed });
    printEdited(args, written, () => keepaliveText(written, ofHistory(args, written)));
  } else if (args.managed) {
    const { editManaged } = await import('../../edit/managededit.js');
    const file = args.configFile === null ? {} : { configFile: args.configFile };
    const written = await editManaged(args.changes, { ...options, ...file });
    printEdited(args, written, () => editText(written, args.changes, ofHistory(args, written)));
  } else {
    const written = await editConfig(source, args.changes, options);
    printEdited(args, written, () => editText(written, args.changes, args));
  }
  return 0;
}

/** Of the file of our own: its history is not that of the configuration. */
function ofHistory(args: ConfigEditArgs, { configFile }: WrittenConfig): ConfigEditArgs {
  return args.managed ? { ...args, configFile } : args;
}

function printEdited(args: ConfigEditArgs, written: WrittenConfig, words: () => string): void {
  if (args.json) {
    // The whole file is no news; the diff is.
    const { text: _text, ...rest } = written;
    stdout.write(jsonOf(rest));
    return;
  }
  if (args.dryRun) stdout.write(escapeControls(written.diff));
  stderr.write(words());
}

function refusalOf(thrown: FailureError): { readonly reason: string; readonly message: string } {
  if (thrown instanceof EditRefusedError) return { reason: thrown.refusal.type, message: thrown.message };
  if (thrown instanceof WriteRefusedError) return { reason: thrown.reason, message: thrown.message };
  if (thrown instanceof SshDisagreesError) return { reason: 'ssh', message: thrown.message };
  if (thrown instanceof RefusedError) {
    return { reason: 'file', message: refusalSentences(thrown.refusals).join('; ') };
  }
  return { reason: thrown.kind, message: thrown.message };
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
