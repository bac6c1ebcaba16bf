/** The commands that change the file: their words as a change, and what is said of it. */
import type { ConfigChange, KeepaliveChange, WriteConfigOptions, WrittenConfig } from '../../edit.js';
import { printError, UsageError } from '../command/errors.js';
import { given } from '../command/given.js';
import { type ArgumentPart, type Arguments, optionText } from '../command/table.js';
import { complain, printChange, stderr } from '../terminal/output.js';
import type { EditContext } from './changereport.js';
import { type ConfigTables, configTable } from './options.js';

interface EditArguments extends Pick<Arguments<ConfigTables['rename']>, 'options' | 'words' | 'parts'> {
  readonly options: Arguments<ConfigTables['rename']>['options'] & { readonly managed?: boolean };
}

type Report = typeof import('./changereport.js');

/** argv after `config` -> a handler for each of these commands. */
export function editHandlers(argv: readonly string[]) {
  const handler =
    <Args extends EditArguments>(name: string, run: (args: Args, report: Report) => Promise<void>) =>
    async (args: Args): Promise<number> => {
      checkWords(name, args.parts);
      const report = await import('./changereport.js');
      try {
        await run(args, report);
        return 0;
      } catch (thrown) {
        const hint = report.refusalHint(thrown);
        if (hint === null) throw thrown;
        const code = printError(thrown, argv);
        complain(hint);
        return code;
      }
    };
  const edit = <Args extends EditArguments>(name: string, changeOf: (args: Args) => ConfigChange) =>
    handler(name, async (args: Args, { editText }) => {
      const changes = [changeOf(args)];
      const written = await writeChanges(args, changes);
      printWritten(args, written, (how) => editText(written, changes, how));
    });
  return {
    set: edit('set', ({ words, options }: Arguments<ConfigTables['set']>) => {
      const change = { type: 'set', ...valueWords('set', words) } as const;
      return options['force-all'] ? { ...change, force: true } : change;
    }),
    unset: edit('unset', ({ words: [host = '', option = ''] }) => ({ type: 'unset', host, option })),
    append: edit('append', ({ words }) => ({ type: 'append', ...valueWords('append', words) })),
    drop: edit('drop', ({ words }) => ({ type: 'drop', ...valueWords('drop', words) })),
    add: edit('add', addedHost),
    remove: edit('remove', ({ words: [host = ''] }) => ({ type: 'remove', host })),
    rename: edit('rename', ({ words: [from = '', to = ''] }) => ({ type: 'rename', from, to })),
    copy: edit('copy', ({ words: [from = '', to = ''] }) => ({ type: 'copy', from, to })),
    keepalive: handler('keepalive', async (args: Arguments<ConfigTables['keepalive']>) => {
      const { setKeepalive } = await import('../../edit/setkeepalive.js');
      const { keepaliveText } = await import('./keepalivereport.js');
      const { F: path = null, managed } = args.options;
      const written = await setKeepalive({ path }, keepaliveChange(args), { ...writeOptions(args), managed });
      printWritten(args, written, (how) => keepaliveText(written, how));
    }),
  };
}

export function announceSsh(): void {
  stderr.write('holdfast: asking ssh -G, which runs the commands of Match exec and looks names up\n');
}

async function writeChanges(args: EditArguments, changes: readonly ConfigChange[]): Promise<WrittenConfig> {
  const { F: configFile, managed } = args.options;
  if (managed) {
    const { editManaged } = await import('../../edit/managededit.js');
    return editManaged(changes, { ...writeOptions(args), ...given({ configFile }) });
  }
  const { editConfig } = await import('../../edit/configwrite.js');
  return editConfig({ path: configFile ?? null }, changes, writeOptions(args));
}

function writeOptions({ options }: EditArguments): WriteConfigOptions {
  return {
    ...given({ target: options.target }),
    dryRun: options['dry-run'],
    exec: options.exec,
    allowUnknown: options['allow-unknown'],
    verifyWithSsh: options['verify-with-ssh'],
    onVerify: announceSsh,
  };
}

function printWritten(
  { options }: EditArguments,
  written: WrittenConfig,
  text: (how: EditContext) => string,
): void {
  const { F: configFile = null, json, managed, 'dry-run': dryRun } = options;
  // The whole file is no news; the diff is.
  const { text: _text, ...rest } = written;
  printChange({ json, dryRun }, rest, written.diff, () =>
    text({ dryRun, configFile: managed ? written.configFile : configFile }),
  );
}

/** Throws a UsageError for words that are empty, or were not UTF-8. */
function checkWords(command: string, parts: readonly ArgumentPart[]): void {
  let before = command;
  for (const part of parts) {
    const text = part.type === 'word' ? part.text : part.value;
    // Node puts this sign in the place of bytes that are not UTF-8.
    if (text?.includes('\ufffd')) throw new UsageError(`${JSON.stringify(text)} is not UTF-8`);
    if (part.type === 'word') {
      if (part.text === '') throw new UsageError(`the word behind ${before} is empty`);
      before = JSON.stringify(part.text);
    } else if (part.value === '') {
      throw new UsageError(`${optionText(part.name)} wants a value, which is empty`);
    }
  }
}

/** Host, option and values; `Port=22` is both, as behind ssh's -o. */
function valueWords(command: 'set' | 'append' | 'drop', [host = '', word = '', ...more]: readonly string[]) {
  const [, option = word, glued] = more.length === 0 ? (/^([A-Za-z]\w*)=(.+)$/.exec(word) ?? []) : [];
  const values = glued === undefined ? more : [glued];
  if (values.length > 0) return { host, option, values };
  const [example] = configTable.commands[command].examples;
  throw new UsageError(`which value is ${option} of ${host} to have? As in ${example}`);
}

function addedHost({ words: [host = ''], options }: Arguments<ConfigTables['add']>): ConfigChange {
  const { hostname, user, port, identity, jump, L: local, R: remote, D: dynamic, like } = options;
  const one = (option: string, value: string | undefined) =>
    value === undefined ? [] : [{ option, values: [value] }];
  const forwards = (option: string, specs: readonly string[]) =>
    specs.map((spec) => ({ option, values: forwardWords(spec) }));
  return {
    type: 'add',
    host,
    options: [
      ...one('HostName', hostname),
      ...one('User', user),
      ...one('Port', port),
      ...identity.flatMap((file) => one('IdentityFile', file)),
      ...one('ProxyJump', jump),
      ...forwards('LocalForward', local),
      ...forwards('RemoteForward', remote),
      ...dynamic.flatMap((spec) => one('DynamicForward', spec)),
    ],
    ...given({ like }),
  };
}

/** `8080:host:80` behind -L is two words in a file: where to listen, and where to. */
function forwardWords(spec: string): readonly string[] {
  const parts = /\s/.test(spec) ? [] : (spec.match(/(?:\[[^\]]*\]|[^:])+|(?<=:)(?=:)|^(?=:)/g) ?? []);
  const target = parts.at(-1)?.startsWith('/') ? 1 : 2;
  // A port alone, or with its address: -R for a SOCKS proxy on the server.
  if (parts.length <= target) return [spec];
  return [parts.slice(0, -target).join(':'), parts.slice(-target).join(':')];
}

function keepaliveChange({ words: hosts, options }: Arguments<ConfigTables['keepalive']>): KeepaliveChange {
  const { interval, profile, behind, count, tcp, off, 'force-all': force } = options;
  if (tcp !== undefined && tcp !== 'yes' && tcp !== 'no')
    throw new UsageError(`--tcp ${JSON.stringify(tcp)}: want yes or no`);
  return { ...given({ interval, profile, behind, count, tcp }), hosts, off, force };
}
