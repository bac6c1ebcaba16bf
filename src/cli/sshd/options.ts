import { type CommandTable, jsonRow, type OptionRow, type OptionRows } from '../command/table.js';

/** What may be said of a connection. */
export const sshdFields = ['user', 'host', 'addr', 'laddr', 'lport', 'rdomain'] as const;

/** The hidden word after `holdfast sshd` that makes a process the guard of a reload. */
export const guardWord = '__guard';

const fileRow = {
  letters: 'fF',
  value: 'FILE',
  help: 'Read this file (default: /etc/ssh/sshd_config)',
  completes: 'files',
} as const satisfies OptionRow;

const connectionRows = {
  C: { value: 'FIELD=VALUE,...', repeat: 'all', help: 'As for sshd -T', completes: 'server-fields' },
  file: fileRow,
  json: jsonRow,
} as const satisfies OptionRows;

const fields = `The connection, for Match blocks: ${sshdFields.map((field) => `${field}=`).join(', ')} with a value each.`;

const editRows = {
  match: { value: 'CRITERIA', help: "Only for these connections, as 'User backup'" },
  'dry-run': { help: 'Print a diff, and change nothing', excludes: ['reload'] },
  print: {
    help: 'Print a file for another machine, with the steps',
    excludes: ['dry-run', 'reload', 'file'],
  },
  reload: {
    help: 'Let the running sshd read it, check it, and go back if something is wrong or the change is not confirmed',
  },
  'check-login': {
    value: '[USER@]HOST',
    help: 'After the reload: ssh must get in without a question',
    completes: 'hosts',
    needs: 'reload',
  },
  'login-config': {
    value: 'FILE',
    help: "ssh's -F for that login",
    completes: 'files',
    needs: 'check-login',
  },
  yes: { letters: 'y', help: 'Keep it without a question' },
  file: { ...fileRow, help: 'This file (default: /etc/ssh/sshd_config)' },
  json: jsonRow,
} as const satisfies OptionRows;

const option = { name: 'Option', completes: 'server-options' } as const;

const commands = {
  effective: {
    summary: 'All effective options, as sshd -T prints them',
    about: `All effective options, as sshd -T prints them. For one option: holdfast sshd why Option.

${fields}`,
    words: [{ name: 'field=value', optional: true, repeated: true, completes: 'server-fields' }],
    options: connectionRows,
    examples: ['holdfast sshd effective user=bob addr=10.0.0.7'],
  },
  why: {
    summary: 'The lines that give a value, and those that lost',
    about: `The lines that give a value, and those that lost; without an option, of every one that some line sets.

${fields}`,
    usage: '[Option... | field=value...]',
    words: [
      {
        name: 'Option',
        optional: true,
        repeated: true,
        completes: ['server-options', 'server-fields'],
      },
    ],
    options: connectionRows,
    examples: ['holdfast sshd why PasswordAuthentication user=bob'],
  },
  lint: {
    summary: 'What is not what the author of the files believes',
    about: 'What is not what the author of the files believes: every line, whatever the connection.',
    options: {
      target: { value: 'VERSION', help: 'The release of OpenSSH that reads it (default: 9.2)' },
      file: fileRow,
      json: jsonRow,
    },
  },
  set: {
    summary: 'Set an option so that it takes effect',
    about: 'Sets an option of the server so that it takes effect, and changes nothing else.',
    usage: '<Option> <value...>',
    unknownOptionHint: 'a value that begins with - stands behind --',
    words: [option, { name: 'value', optional: true, repeated: true, completes: 'server-values' }],
    options: editRows,
    examples: [
      'holdfast sshd set X11Forwarding no',
      "holdfast sshd set X11Forwarding no --match 'User backup'",
      'holdfast sshd set PasswordAuthentication no --reload --check-login me@server',
    ],
  },
  unset: {
    summary: 'Take every line of an option out',
    about: 'Takes every line of an option out that counts for all connections.',
    usage: '<Option>',
    words: [option, { name: 'value', optional: true }],
    options: editRows,
    examples: ['holdfast sshd unset X11Forwarding --dry-run'],
  },
  keepalive: {
    summary: 'Let the server ask quiet clients',
    about: `Lets the server ask quiet clients, and give up those that do not answer. It ends a connection after interval x (count + 1).`,
    options: {
      interval: { value: 'TIME', help: 'ClientAliveInterval (default 15)' },
      count: {
        value: 'N',
        help: 'ClientAliveCountMax; 0: no client is given up (default: as it is)',
      },
      off: { help: 'No questions', excludes: ['interval', 'count'] },
      ...editRows,
    },
    examples: ['holdfast sshd keepalive --interval 30 --reload', 'holdfast sshd keepalive --print'],
  },
} as const satisfies Readonly<Record<string, CommandTable>>;

export const sshdTable = {
  about:
    'What sshd makes of its configuration, and why; and changes of it, proved first. No sshd is run for it.',
  options: {},
  commands,
  notes: 'A change is taken back by holdfast config undo -F FILE.',
  examples: [
    'holdfast sshd effective user=bob addr=10.0.0.7',
    'holdfast sshd why PasswordAuthentication user=bob',
    'holdfast sshd lint',
  ],
} as const satisfies CommandTable;

export type SshdTables = typeof commands;
