import {
  initManaged,
  type ManagedResult,
  type ManagedState,
  managedState,
  removeManaged,
} from '../../edit.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { stderr, stdout } from '../terminal/output.js';
import { changedText, paragraph, undoText } from './configeditreport.js';
import type { ConfigArgs } from './options.js';

/** `holdfast config managed [status|init|remove]`: 2 where a yes is wanted, else 0. */
export async function configManaged(args: ConfigArgs): Promise<number> {
  const { words, configFile, dryRun, yes, json } = args;
  const options = {
    ...(configFile === null ? {} : { configFile }),
    dryRun,
    ...(yes ? { decide: () => true } : {}),
  };
  const [act = 'status'] = words;
  if (act !== 'init' && act !== 'remove') {
    const state = await managedState(options);
    stdout.write(json ? jsonLine(state) : statusText(state));
    return 0;
  }
  const result = await (act === 'init' ? initManaged(options) : removeManaged(options));
  if (json) stdout.write(jsonLine(result));
  else {
    if (dryRun) stdout.write(escapeControls(result.diff));
    stderr.write(resultText(act, result, args));
  }
  // A line that somebody else has to take out first is a refusal.
  return result.declined || (act === 'remove' && result.byHand !== null) ? 2 : 0;
}

function statusText({ file, exists, configFile, line, readOnly, include }: ManagedState): string {
  const byHand = exists && readOnly !== null;
  const next = byHand
    ? `What makes it has to begin with this line: ${include}`
    : 'holdfast config managed init makes it and includes it';
  const says = [
    exists ? file : `${file}: not there`,
    line === null
      ? `${configFile} does not include it: what stands in it does not count`
      : `${configFile}:${line} includes it: ${include}`,
    ...(readOnly === null ? [] : [readOnly]),
    ...(exists && line !== null ? [] : [next]),
  ];
  return says.map((text) => `${wrapText('', escapeControls(text))}\n`).join('');
}

function resultText(
  act: 'init' | 'remove',
  result: ManagedResult,
  { dryRun, configFile: givenFile }: Pick<ConfigArgs, 'dryRun' | 'configFile'>,
): string {
  const { file, configFile, byHand, changedHosts, declined, changed, readOnly } = result;
  if (declined) {
    const head = `hosts would get something else; nothing was written, --yes does it:`;
    return `${wrapText('holdfast: ', head)}\n${paragraph(changedText(changedHosts, []))}`;
  }
  const output: string[] = [];
  if (changed && !dryRun) {
    if (act === 'remove') output.push(`${file} is gone, and so is the line that included it.`);
    else if (byHand !== null) output.push(`${file} is there, and nothing reads it yet.`);
    else output.push(`${file} is there, and ${configFile}:1 includes it: every host resolves as before.`);
  }
  if (byHand !== null && act === 'init') {
    output.push(
      readOnly ?? '',
      'Put this line at its top, above every Host, in what makes it (Nix, home-manager, dotfiles):',
      byHand,
    );
  } else if (byHand !== null) {
    output.push(readOnly ?? '', `First take this line out of what makes it: ${byHand}`);
  } else if (!changed) {
    output.push(
      act === 'init' ? 'Nothing to do: it is there and included.' : 'Nothing to do: there is none.',
    );
  }
  const files = [{ file: byHand === null ? configFile : file }];
  if (changed) output.push(dryRun ? 'Nothing was written.' : undoText({ files, configFile }, givenFile));
  return paragraph(output);
}

const jsonLine = (value: unknown) => `${JSON.stringify(value)}\n`;
