import { readWhole } from '../command/readvalue.js';
import { type CommandTable, jsonRow, type OptionRow, type OptionRows } from '../command/table.js';

const fileRow = {
  value: 'FILE',
  repeat: 'last',
  help: 'Read this file only; none reads no file',
  completes: 'files',
} as const satisfies OptionRow;

const dryRunRow = { help: 'Only show what would change' } as const satisfies OptionRow;

const targetRow = {
  value: 'VERSION',
  repeat: 'last',
  help: 'The release of OpenSSH that reads the file, as 9.2',
} as const satisfies OptionRow;

const execRow = {
  help: 'Run the commands of Match exec; without, what hangs on them is said',
} as const satisfies OptionRow;

const ignoredRow = { help: '', hidden: true } as const satisfies OptionRow;

/** Of the commands that answer for a host. */
const hostRows = {
  F: fileRow,
  o: {
    value: 'Option=value',
    repeat: 'all',
    help: 'An option as for ssh: -o Port=2222',
    completes: 'client-settings',
  },
  p: { value: 'PORT', repeat: 'all', help: 'Port' },
  l: { value: 'USER', repeat: 'all', help: 'User' },
  exec: execRow,
  json: jsonRow,
  // -G is what these commands do, and -T what they do it with; -v shows the stack of a bug.
  G: ignoredRow,
  T: ignoredRow,
  v: ignoredRow,
} as const satisfies OptionRows;

/** Of the commands that look at files alone. */
const fileRows = { F: fileRow, json: jsonRow, v: ignoredRow } as const satisfies OptionRows;

const editRows = {
  F: { value: 'FILE', help: 'This file (default: the one ssh reads)', completes: 'files' },
  'dry-run': { help: 'Print a diff, and change nothing' },
  target: { value: 'VERSION', help: 'The release of OpenSSH that reads the file, as 9.2' },
  'allow-unknown': { help: 'Also options that ssh does not know' },
  exec: { help: 'Run the commands of Match exec; without, the proof is for both answers of each' },
  'verify-with-ssh': {
    help: 'The installed ssh has to agree (ssh -G runs those commands), or the old file returns',
  },
  json: jsonRow,
} as const satisfies OptionRows;

const managedRow = {
  help: 'Into holdfast.conf, which the file includes; see holdfast config managed --help',
} as const satisfies OptionRow;

const managedRows = { ...editRows, managed: managedRow } as const satisfies OptionRows;

const forceRow = {
  help: 'On top: over what blocks say; names the hosts it overrides',
  excludes: ['managed'],
} as const satisfies OptionRow;

const host = { name: 'host', completes: 'hosts' } as const;
const option = { name: 'Option', completes: 'client-options' } as const;
/** Optional to the parser: `Port=22` is both. */
const values = { name: 'value', optional: true, repeated: true, completes: 'client-values' } as const;

const proof =
  'Proved before anything is written: the host gets what the command says, every other host stays as it was.';
const dashes = 'a value that begins with - stands behind --';

/** A forward of `add`, as ssh takes it. */
function forwardRow<Help extends string>(help: Help) {
  return { value: 'SPEC', repeat: 'all', help } as const;
}

const readCommands = {
  effective: {
    summary: 'All effective options, as ssh -G prints them',
    words: [host],
    options: { ...hostRows, target: targetRow },
    examples: ['holdfast config effective db'],
  },
  why: {
    summary: 'The lines that give a value, and those that lost',
    words: [host, { ...option, optional: true, repeated: true }],
    options: { ...hostRows, target: targetRow },
    examples: ['holdfast config why db', 'holdfast config why db Port'],
  },
  list: {
    summary: 'The hosts that the files name, in a table',
    words: [{ name: 'pattern', optional: true, completes: 'hosts' }],
    options: { ...hostRows, all: { help: 'Wildcards and negations too' }, target: targetRow },
  },
  show: {
    summary: 'The blocks that apply, with what became of each line',
    words: [host],
    options: { ...hostRows, target: targetRow },
    examples: ['holdfast config show db'],
  },
  verify: {
    summary: 'Hold our answers against the installed ssh -G',
    words: [{ ...host, optional: true, repeated: true }],
    options: hostRows,
  },
  lint: {
    summary: 'What in the files is not what its author believes',
    options: {
      ...fileRows,
      fix: { help: 'Make the edits that change nothing for anyone' },
      yes: { help: '--fix: those that change the meaning, too', needs: 'fix' },
      'dry-run': { ...dryRunRow, needs: 'fix' },
      target: targetRow,
    },
  },
  history: { summary: 'What holdfast changed in the file, the newest first', options: fileRows },
  diff: {
    summary: 'What one of these edits changed; the newest by default',
    words: [{ name: 'number', optional: true }],
    options: fileRows,
  },
  undo: {
    summary: 'Take back the last edit, or so many',
    words: [{ name: 'count', optional: true }],
    options: { ...fileRows, 'dry-run': dryRunRow },
  },
  restore: {
    summary: 'The file as it was before that edit',
    words: [{ name: 'number' }],
    options: { ...fileRows, 'dry-run': dryRunRow },
    examples: ['holdfast config restore 3'],
  },
  managed: {
    summary: 'A file of our own beside one that is read-only or generated',
    usage: '[status|init|remove]',
    words: [{ name: 'status', optional: true, choices: ['status', 'init', 'remove'] }],
    options: {
      ...fileRows,
      'dry-run': dryRunRow,
      yes: { help: 'Also where hosts get something else then' },
    },
  },
} as const satisfies Readonly<Record<string, CommandTable>>;

/** Those that change the file. */
const editCommands = {
  set: {
    summary: 'Set an option of a host so that it takes effect',
    about: `Sets an option of a host so that it takes effect. ${proof}

The host may be a pattern that stands in the file, in quotes, or '*': the default of all. A block that is shared with others is not touched. A value that begins with - stands behind --.`,
    usage: '<host> <Option> <value...>',
    unknownOptionHint: dashes,
    words: [host, option, values],
    options: { 'force-all': forceRow, ...managedRows },
    examples: [
      'holdfast config set db Port 2222',
      "holdfast config set '*.corp' User me --dry-run",
      "holdfast config set db ProxyCommand 'ssh -W %h:%p gate'",
    ],
  },
  unset: {
    summary: "Take the host's own lines of an option out",
    about: `Takes the host's own lines of an option out, and says which value holds then. To turn an inherited one off, set 0, no or none. ${proof}`,
    words: [host, option],
    options: managedRows,
    examples: ['holdfast config unset db Port'],
  },
  append: {
    summary: 'One more of an option whose lines add up',
    about: `One more of an option whose lines add up, as LocalForward, IdentityFile, SendEnv. A forward that is there stays one line. ${proof} A value that begins with - stands behind --.`,
    usage: '<host> <Option> <value...>',
    unknownOptionHint: dashes,
    words: [host, option, values],
    options: managedRows,
    examples: [
      'holdfast config append db LocalForward 8080 localhost:80',
      'holdfast config append db SendEnv LC_TIME',
    ],
  },
  drop: {
    summary: 'One less of an option whose lines add up',
    about: `One less of an option whose lines add up. Forwards are compared by what they mean, not as text. ${proof} A value that begins with - stands behind --.`,
    usage: '<host> <Option> <value...>',
    unknownOptionHint: dashes,
    words: [host, option, values],
    options: managedRows,
    examples: ['holdfast config drop db LocalForward 8080 localhost:80'],
  },
  add: {
    summary: 'A new host',
    about: `A new host. ${proof}`,
    words: [host],
    options: {
      hostname: { value: 'NAME', help: 'HostName' },
      user: { letters: 'l', value: 'NAME', help: 'User' },
      port: { letters: 'p', value: 'PORT', help: 'Port' },
      identity: {
        letters: 'i',
        value: 'FILE',
        repeat: 'all',
        help: 'IdentityFile (repeatable)',
        completes: 'files',
      },
      jump: { letters: 'J', value: 'HOST', help: 'ProxyJump', completes: 'hosts' },
      L: forwardRow('LocalForward, as for ssh (repeatable)'),
      R: forwardRow('RemoteForward, as for ssh (repeatable)'),
      D: forwardRow('DynamicForward, as for ssh (repeatable)'),
      like: { value: 'HOST', help: 'With the lines of that host, but for those above', completes: 'hosts' },
      ...managedRows,
    },
    examples: [
      'holdfast config add db --hostname db.example.org -L 5432:localhost:5432',
      'holdfast config add db2 --like db',
    ],
  },
  remove: {
    summary: 'A host goes',
    about: `A host goes: its own blocks, and its name from Host lines that it shares. ${proof}`,
    words: [host],
    options: managedRows,
    examples: ['holdfast config remove db'],
  },
  rename: {
    summary: 'A host gets another name',
    about: `A host gets another name, in every Host line. HostName is written where the old name was the server's. ${proof}`,
    words: [host, { name: 'new-name' }],
    options: editRows,
    examples: ['holdfast config rename db database'],
  },
  copy: {
    summary: 'A new host that is as another one',
    about: `A new host that is as another one. ${proof}`,
    words: [host, { name: 'new-name' }],
    options: editRows,
    examples: ['holdfast config copy db db2'],
  },
  keepalive: {
    summary: 'Give hosts a heartbeat; without a host, all of them',
    about: `Gives hosts a heartbeat; without a host, or with '*': all that have no value of their own. ${proof}

A ServerAliveCountMax that stands stays without --count and --profile; 0, which would end a healthy connection, becomes 3. A dead server is noticed after interval x (count + 1).`,
    words: [{ ...host, optional: true, repeated: true }],
    options: {
      interval: { value: 'TIME', help: 'ServerAliveInterval (default 15)' },
      count: { value: 'N', read: readWhole, help: 'ServerAliveCountMax, at least 1 (default: as it is)' },
      profile: {
        value: 'NAME',
        help: 'Both at once; see below',
        choices: ['default', 'fast', 'mobile', 'strict-nat'],
      },
      off: { help: 'No heartbeat', excludes: ['interval', 'count', 'profile'] },
      tcp: { value: 'yes|no', help: 'TCPKeepAlive (default: as it is)', choices: ['yes', 'no'] },
      behind: {
        value: 'MIDDLEBOX',
        help: 'Does the heartbeat keep it open? A name as aws-nat, or its idle time-out',
      },
      'force-all': forceRow,
      ...managedRows,
    },
    notes: `Profiles:
  default     15 s x (3 + 1) = 60 s   every known network
  fast        5 s x (3 + 1) = 20 s    a local network, failover
  mobile      60 s x (3 + 1) = 240 s  batteries; no NAT forgets before 75 s
  strict-nat  10 s x (3 + 1) = 40 s   NATs of 30 s, also if a beat is lost`,
    examples: [
      "holdfast config keepalive '*' --interval 30",
      'holdfast config keepalive db web --profile fast',
      'holdfast config keepalive db --behind aws-nat',
    ],
  },
} as const satisfies Readonly<Record<string, CommandTable>>;

export const configTable = {
  about: 'What ssh makes of its configuration, and why; and changes of it, proved first.',
  options: {},
  commands: { ...readCommands, ...editCommands },
  examples: [
    'holdfast config why db Port     which line says so',
    'holdfast config list            every host, in a table',
  ],
} as const satisfies CommandTable;

/** A command that changes the file. */
export type EditCommand = keyof typeof editCommands;

export type ConfigTables = typeof configTable.commands;
