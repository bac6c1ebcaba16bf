import type { ConfigChange, KeepaliveChange } from '../../edit.js';
import { nearest } from '../command/nearest.js';

/** Commands of `holdfast config` that change the file. */
export const configEdits = {
  set: { takes: '<host> <Option> <value...>', says: 'Set an option of a host so that it takes effect' },
  unset: { takes: '<host> <Option>', says: "Take the host's own lines of an option out" },
  append: { takes: '<host> <Option> <value...>', says: 'One more of an option whose lines add up' },
  drop: { takes: '<host> <Option> <value...>', says: 'One less of an option whose lines add up' },
  add: { takes: '<host> [options]', says: 'A new host' },
  remove: { takes: '<host>', says: 'A host goes' },
  rename: { takes: '<host> <new name>', says: 'A host gets another name' },
  copy: { takes: '<host> <new name>', says: 'A new host that is as another one' },
  keepalive: { takes: '[host...]', says: 'Give hosts a heartbeat; without a host, all of them' },
} as const;

export type ConfigEdit = keyof typeof configEdits;

export function isConfigEdit(word: string): word is ConfigEdit {
  return Object.hasOwn(configEdits, word);
}

/** What one of them was asked, its words taken apart. */
export interface ConfigEditArgs {
  readonly help: boolean;
  readonly configFile: string | null;
  /** --target. */
  readonly target: string | null;
  readonly changes: readonly ConfigChange[];
  /** Of `keepalive` instead of changes. */
  readonly keepalive: KeepaliveChange | null;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly exec: boolean;
  readonly allowUnknown: boolean;
  readonly verifyWithSsh: boolean;
  /** Into `holdfast.conf` beside the file. */
  readonly managed: boolean;
}

export type ParsedConfigEdit =
  | { readonly ok: true; readonly args: ConfigEditArgs }
  | { readonly ok: false; readonly message: string };

const flags = [
  ...['--dry-run', '--json', '--exec', '--allow-unknown', '--verify-with-ssh', '--managed', '--help'],
];
/** Of `add`, with the option of ssh_config(5) that each is. */
const ofAdd: Readonly<Record<string, string>> = {
  '--hostname': 'HostName',
  '--user': 'User',
  '--port': 'Port',
  '--identity': 'IdentityFile',
  '--jump': 'ProxyJump',
  '-L': 'LocalForward',
  '-R': 'RemoteForward',
  '-D': 'DynamicForward',
};
const shortOfAdd: Readonly<Record<string, string>> = {
  '-l': '--user',
  '-p': '--port',
  '-i': '--identity',
  '-J': '--jump',
};
const repeated = ['--identity', '-L', '-R', '-D'];

const own: Readonly<Record<ConfigEdit, { flags: readonly string[]; valued: readonly string[] }>> = {
  set: { flags: ['--force-all'], valued: [] },
  unset: { flags: [], valued: [] },
  append: { flags: [], valued: [] },
  drop: { flags: [], valued: [] },
  add: { flags: [], valued: [...Object.keys(ofAdd), '--like'] },
  remove: { flags: [], valued: [] },
  rename: { flags: [], valued: [] },
  copy: { flags: [], valued: [] },
  keepalive: {
    flags: ['--off', '--force-all'],
    valued: ['--interval', '--count', '--tcp', '--profile', '--behind'],
  },
};

/** May its lines go into the file of our own? What moves hosts may not. */
export function canBeManaged(command: ConfigEdit): boolean {
  return !['rename', 'copy'].includes(command);
}

/** The options of one command, for completion. */
export function configEditOptions(command: ConfigEdit): {
  readonly flags: readonly string[];
  readonly valued: readonly string[];
} {
  const common = flags.filter((flag) => flag !== '--managed' || canBeManaged(command));
  return { flags: [...common, ...own[command].flags], valued: ['-F', '--target', ...own[command].valued] };
}

interface Taken {
  readonly words: readonly string[];
  readonly on: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** Takes argv after `config set` and the like apart. Options may stand anywhere; behind `--` nothing is one. */
export function parseConfigEdit(command: ConfigEdit, argv: readonly string[]): ParsedConfigEdit {
  const taken = takenApart(command, argv);
  if (typeof taken === 'string') return { ok: false, message: taken };
  const { words, on, values } = taken;
  const help = on.has('--help');
  const made = help ? { changes: [], keepalive: null } : madeOf(command, taken);
  if (typeof made === 'string') {
    return { ok: false, message: `${command}: ${made}; see holdfast config ${command} --help` };
  }
  // Node has put this sign where bytes were that are none of UTF-8; nobody knows which.
  const lost = [...words, ...[...values.values()].flat()].find((word) => word.includes('\ufffd'));
  if (!help && lost !== undefined)
    return { ok: false, message: `${command}: ${JSON.stringify(lost)} is not UTF-8` };
  const empty = help ? -1 : words.indexOf('');
  if (empty !== -1) {
    const behind = empty === 0 ? command : JSON.stringify(words[empty - 1]);
    return { ok: false, message: `${command}: the word behind ${behind} is empty` };
  }
  if (!help && on.has('--managed')) {
    const wrong = canBeManaged(command)
      ? on.has('--force-all') && '--managed stands without --force-all'
      : '--managed is for set, unset, append, drop, add, remove and keepalive';
    if (wrong !== false) return { ok: false, message: `${command}: ${wrong}` };
  }
  const args: ConfigEditArgs = {
    ...{ help, ...made, configFile: values.get('-F')?.[0] ?? null },
    target: values.get('--target')?.[0] ?? null,
    ...{ dryRun: on.has('--dry-run'), json: on.has('--json'), exec: on.has('--exec') },
    ...{ allowUnknown: on.has('--allow-unknown'), verifyWithSsh: on.has('--verify-with-ssh') },
    managed: on.has('--managed'),
  };
  return { ok: true, args };
}

function takenApart(command: ConfigEdit, argv: readonly string[]): Taken | string {
  const more = `see holdfast config ${command} --help`;
  const words: string[] = [];
  const on = new Set<string>();
  const values = new Map<string, string[]>();
  const valued = ['-F', '--target', ...own[command].valued];
  const known = [...flags, ...own[command].flags, ...valued];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') {
      words.push(...argv.slice(at + 1));
      break;
    }
    if (!/^-./.test(word)) {
      words.push(word);
      continue;
    }
    const long = word.startsWith('--');
    const equals = long ? word.indexOf('=') : -1;
    const written = long ? (equals > 0 ? word.slice(0, equals) : word) : word.slice(0, 2);
    const name =
      written === '-h' ? '--help' : ((command === 'add' ? shortOfAdd[written] : undefined) ?? written);
    if (valued.includes(name)) {
      const glued = long ? (equals > 0 ? word.slice(equals + 1) : null) : word.slice(2) || null;
      if (glued === null) at += 1;
      const value = glued ?? argv[at];
      if (value === undefined || value === '') return `${command}: ${written} wants a value; ${more}`;
      const list = values.get(name);
      if (list && !repeated.includes(name)) return `${command}: ${written} stands twice; want one`;
      if (list) list.push(value);
      else values.set(name, [value]);
    } else if (known.includes(name) && equals < 0 && (long || word.length === 2)) on.add(name);
    else return strange(command, word, known);
  }
  return { words, on, values };
}

function strange(command: ConfigEdit, word: string, known: readonly string[]): string {
  const meant = word.startsWith('--') ? nearest(word, known) : null;
  if (meant !== null) return `${command}: unknown option ${word}; did you mean ${meant}?`;
  const value = ['set', 'append', 'drop'].includes(command)
    ? '; a value that begins with - stands behind --'
    : '';
  return `${command}: unknown option ${word}${value}; see holdfast config ${command} --help`;
}

type ParsedEdit = Pick<ConfigEditArgs, 'changes' | 'keepalive'>;

/** A sentence where the words make no sense. */
function madeOf(command: ConfigEdit, taken: Taken): ParsedEdit | string {
  const { words, on } = taken;
  const one = (change: ConfigChange): ParsedEdit => ({ changes: [change], keepalive: null });
  const [host, second, ...rest] = words;
  switch (command) {
    case 'keepalive':
      return keepaliveOf(taken);
    case 'add':
      if (host === undefined) return 'no host; as in holdfast config add db --hostname db.example.org';
      return second === undefined ? one(addOf(host, taken)) : tooMany(second);
    case 'remove':
      if (host === undefined) return 'no host; as in holdfast config remove db';
      return second === undefined ? one({ type: command, host }) : tooMany(second);
    case 'rename':
    case 'copy':
      if (host === undefined || second === undefined)
        return `want two names; as in holdfast config ${command} db db2`;
      return rest[0] === undefined ? one({ type: command, from: host, to: second }) : tooMany(rest[0]);
    case 'unset':
      if (host === undefined || second === undefined)
        return 'want a host and an option; as in holdfast config unset db Port';
      return rest[0] === undefined ? one({ type: command, host, option: second }) : tooMany(rest[0]);
    default: {
      if (host === undefined || second === undefined)
        return `want a host, an option and a value; as in ${examples[command]}`;
      // As ssh has it behind -o.
      const glued = rest.length === 0 ? /^([A-Za-z]\w*)=(.+)$/.exec(second) : null;
      const [option, values] = glued ? [glued[1] ?? '', [glued[2] ?? '']] : [second, rest];
      if (values.length === 0)
        return `which value is ${option} of ${host} to have? As in ${examples[command]}`;
      const force = on.has('--force-all') ? { force: true } : {};
      return one(
        command === 'set'
          ? { type: command, host, option, values, ...force }
          : { type: command, host, option, values },
      );
    }
  }
}

const examples = {
  set: 'holdfast config set db Port 2222',
  append: 'holdfast config append db LocalForward 8080 localhost:80',
  drop: 'holdfast config drop db LocalForward 8080 localhost:80',
} as const;

const tooMany = (word: string) => `${JSON.stringify(word)} is one word too many`;

function addOf(host: string, { values }: Taken): ConfigChange {
  const options = Object.entries(ofAdd).flatMap(([name, option]) =>
    (values.get(name) ?? []).map((value) => ({ option, values: forwardWords(name, value) })),
  );
  const like = values.get('--like')?.[0];
  return { type: 'add', host, options, ...(like === undefined ? {} : { like }) };
}

/** `-L 8080:host:80` of the command line is two words in a file: where to listen, and where to. */
function forwardWords(name: string, value: string): readonly string[] {
  if (name !== '-L' && name !== '-R') return [value];
  const parts = /\s/.test(value) ? [] : (value.match(/(?:\[[^\]]*\]|[^:])+|(?<=:)(?=:)|^(?=:)/g) ?? []);
  const target = parts.at(-1)?.startsWith('/') ? 1 : 2;
  // A port alone, or with its address: -R for a SOCKS proxy on the server.
  if (parts.length <= target) return [value];
  return [parts.slice(0, -target).join(':'), parts.slice(-target).join(':')];
}

function keepaliveOf({ words, on, values }: Taken): ParsedEdit | string {
  const value = (name: string) => values.get(name)?.[0];
  const count = value('--count');
  if (count !== undefined && !/^\d{1,10}$/.test(count))
    return `--count ${JSON.stringify(count)}: want a number, as 3`;
  const tcp = value('--tcp');
  if (tcp !== undefined && tcp !== 'yes' && tcp !== 'no')
    return `--tcp ${JSON.stringify(tcp)}: want yes or no`;
  const given = Object.fromEntries(
    ['interval', 'profile', 'behind'].flatMap((name) => {
      const found = value(`--${name}`);
      return found === undefined ? [] : [[name, found]];
    }),
  );
  const off = on.has('--off');
  if (off && ['--interval', '--count', '--profile'].some((name) => values.has(name))) {
    return '--off stands without --interval, --count and --profile';
  }
  return {
    changes: [],
    keepalive: {
      ...{ ...given, hosts: words, off, force: on.has('--force-all') },
      ...(count === undefined ? {} : { count: Number(count) }),
      ...(tcp === undefined ? {} : { tcp }),
    },
  };
}
