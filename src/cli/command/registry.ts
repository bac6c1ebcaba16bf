/** What `holdfast` can be told to do, each with a line for its help. */
export const commands = {
  run: 'Keep forwards up: holdfast run -L 5432:localhost:5432 db',
  config: "Read, explain, lint and edit ssh's configuration",
  sshd: 'The same for the configuration of a server, sshd_config',
  tcp: 'TCP keepalive: show, set, undo, list, explain, snippet',
  doctor: 'One page: is keepalive right here, and what to change',
  probe: 'Measure how long a path lets a connection be idle',
  relay: 'A ProxyCommand for ssh, with TCP keepalive of its own',
  demo: 'Watch a tunnel heal itself; no network, no set-up',
  completion: 'Completion for bash, zsh or fish, as a script',
} as const;

export type Command = keyof typeof commands;

/** Options of `holdfast` itself and of the commands that yargs reads. */
export const plainOptions = {
  '': ['--help', '-h', '--version', '-V'],
  demo: ['--seed', '--json', '--help', '-h', '--version', '-V'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Shells that `completion` has a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];
