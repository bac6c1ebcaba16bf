import { type CommandTable, jsonRow } from '../command/table.js';

export const doctorTable = {
  about: `One page: the kernel, ssh's configuration, the server as far as it can be seen, the way to it, what happens if it dies now, and the three most useful changes. Changes nothing, makes no login, and runs no command of a configuration. Without a host: this machine alone.`,
  words: [{ name: 'host', optional: true, completes: 'hosts' }],
  options: {
    F: {
      value: 'FILE',
      repeat: 'last',
      help: 'Read this ssh configuration; none reads no file',
      completes: 'files',
    },
    'sshd-config': {
      value: 'FILE',
      repeat: 'last',
      help: "This machine's sshd (default: /etc/ssh/sshd_config)",
      completes: 'files',
    },
    offline: { help: 'Send nothing: no name is looked up, no connection, no ping' },
    json: jsonRow,
  },
  notes: `A host is connected to once over TCP for its version, and pinged for its distance. Exit code 1: something should change. 0: nothing. 2: the words make no sense.`,
  examples: ['holdfast doctor', 'holdfast doctor db'],
} as const satisfies CommandTable;
