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
import { hanging, plain } from '../terminal/columns.js';
import { complain, stderr, stdout } from '../terminal/output.js';
import { type ConfigEdit, type ConfigEditWords, splitConfigEdit } from './configeditoptions.js';
import { editText, refusalHint } from './configeditreport.js';
import { keepaliveText } from './configkeepalive.js';

/** `holdfast config set` and the others that change the file: argv without that word -> the exit code. */
export async function configEdit(command: ConfigEdit, argv: readonly string[]): Promise<number> {
  const split = splitConfigEdit(command, argv);
  if (!split.ok) {
    complain(`config: ${split.message}`);
    return 2;
  }
  const { asked } = split;
  if (asked.help) {
    stdout.write((await import('./configedithelp.js')).configEditHelp(command));
    return 0;
  }
  try {
    return await changed(asked);
  } catch (thrown) {
    if (!(thrown instanceof FailureError) || thrown.kind === 'bug') throw thrown;
    const { reason, message } = refusalOf(thrown);
    if (asked.json) stdout.write(jsonOf({ changed: false, written: false, refused: { reason, message } }));
    stderr.write(`${hanging('holdfast: ', plain(message))}\n`);
    const hint = refusalHint(thrown);
    if (hint !== null) stderr.write(`${hanging('holdfast: ', plain(hint))}\n`);
    return exitCode({ ok: false, failure: thrown });
  }
}

async function changed(asked: ConfigEditWords): Promise<number> {
  const source = { path: asked.configFile };
  const options: WriteConfigOptions = {
    ...{ dryRun: asked.dryRun, exec: asked.exec },
    ...(asked.target === null ? {} : { target: asked.target }),
    ...{ allowUnknown: asked.allowUnknown, verifyWithSsh: asked.verifyWithSsh },
    onVerify: () =>
      stderr.write('holdfast: asking ssh -G, which runs the commands of Match exec and looks names up\n'),
  };
  if (asked.keepalive !== null) {
    const { setKeepalive } = await import('../../edit/setkeepalive.js');
    const written = await setKeepalive(source, asked.keepalive, { ...options, managed: asked.managed });
    told(asked, written, () => keepaliveText(written, ofHistory(asked, written)));
  } else if (asked.managed) {
    const { editManaged } = await import('../../edit/managededit.js');
    const file = asked.configFile === null ? {} : { configFile: asked.configFile };
    const written = await editManaged(asked.changes, { ...options, ...file });
    told(asked, written, () => editText(written, asked.changes, ofHistory(asked, written)));
  } else {
    const written = await editConfig(source, asked.changes, options);
    told(asked, written, () => editText(written, asked.changes, asked));
  }
  return 0;
}

/** Of the file of our own: its history is not that of the configuration. */
function ofHistory(asked: ConfigEditWords, { configFile }: WrittenConfig): ConfigEditWords {
  return asked.managed ? { ...asked, configFile } : asked;
}

function told(asked: ConfigEditWords, written: WrittenConfig, words: () => string): void {
  if (asked.json) {
    // The whole file is no news; the diff is.
    const { text: _text, ...rest } = written;
    stdout.write(jsonOf(rest));
    return;
  }
  if (asked.dryRun) stdout.write(plain(written.diff));
  stderr.write(words());
}

function refusalOf(thrown: FailureError): { readonly reason: string; readonly message: string } {
  if (thrown instanceof EditRefusedError) return { reason: thrown.refusal.why, message: thrown.message };
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
