import { stdout } from '../terminal/output.js';
import type { CommandEntry, CommandTable } from './table.js';

/** The commands of `holdfast`. Each is loaded when it runs. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  run: {
    summary: 'Keep forwards up: holdfast run -L 5432:localhost:5432 db',
    load: async () => async (argv) => {
      if (argv[0] !== '--help' && argv[0] !== '-h') return (await import('../run/index.js')).run(argv);
      const { runHelp } = await import('../run/runhelp.js');
      stdout.write(runHelp);
      return 0;
    },
    table: async () => (await import('../completion/grammar.js')).runTable(),
  },
  config: {
    summary: "Read, explain, lint and edit ssh's configuration",
    load: async () => (await import('../config/index.js')).config,
    table: async () => (await import('../config/options.js')).configTable,
  },
  sshd: {
    summary: 'The same for the configuration of a server, sshd_config',
    load: async () => (await import('../sshd/index.js')).sshd,
    table: async () => (await import('../sshd/options.js')).sshdTable,
  },
  tcp: {
    summary: 'TCP keepalive: show, set, undo, list, explain, snippet',
    load: async () => (await import('../tcp/index.js')).tcp,
    table: async () => (await import('../tcp/options.js')).tcpTable,
  },
  doctor: {
    summary: 'One page: is keepalive right here, and what to change',
    load: async () => (await import('../doctor/index.js')).runDoctor,
    table: async () => (await import('../doctor/options.js')).doctorTable,
  },
  probe: {
    summary: 'Measure how long a path lets a connection be idle',
    load: async () => (await import('../probe/index.js')).runProbe,
    table: async () => (await import('../probe/options.js')).probeTable,
  },
  relay: {
    summary: 'A ProxyCommand for ssh, with TCP keepalive of its own',
    load: async () => (await import('../relay/index.js')).relay,
    table: async () => (await import('../relay/options.js')).relayTable,
  },
  demo: {
    summary: 'Watch a tunnel heal itself; no network, no set-up',
    load: async () => (await import('../demo/index.js')).demo,
    table: async () => (await import('../demo/options.js')).demoTable,
  },
  completion: {
    summary: 'Completion for bash, zsh or fish, as a script',
    load: async () => {
      const { completion } = await import('../completion/index.js');
      return (argv) => completion(argv, programTable, commands);
    },
    table: async () => (await import('../completion/options.js')).completionTable,
  },
};

/** `holdfast` itself. */
export const programTable = {
  about: 'Keeps SSH tunnels alive, and ~/.ssh/config right.',
  options: { version: { letters: 'V', help: 'Show the version' } },
  examples: [
    'holdfast demo                   see it work',
    'holdfast run --help             all options of run',
  ],
} as const satisfies CommandTable;
