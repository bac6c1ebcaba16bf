import { probeOptions } from './options.js';

const letters: readonly (readonly [string, string])[] = [
  ['-F file', 'configuration file; none = read no file'],
  ['-i file', 'key file (repeatable)'],
  ['-l user, -p port', 'user and port on the server'],
  ['-o Keyword=value', 'option of ssh_config(5)'],
  ['-J [user@]host,...', 'go through these servers'],
  ['-q, -v', 'the result alone; more about the connections'],
];

const longs = Object.entries(probeOptions).map(([name, { value, says }]): readonly [string, string] => [
  value === null ? `--${name}` : `--${name} ${value}`,
  says,
]);

/** `holdfast probe --help`, at most 80 columns wide. */
export const probeHelp = `holdfast probe [options] [user@]host

Measures how long the path to a server lets a connection be idle before a NAT
or firewall forgets it: logs in several times, leaves each connection idle for
another time, and looks which still work. Says the interval to use. Costs
logins, so it asks first. Nothing is run on the server. Ctrl-C ends it with
what is known by then.

Options:
${longs.map(row).join('')}
Server and login, as in ssh:
${letters.map(row).join('')}
Exit codes: 0 found, 2 usage or configuration, 3 login, 4 host key, 5 network.

Examples:
  holdfast probe db
  holdfast probe --min 1m --max 1h --resolution 5% --yes me@db.example.org
`;

function row([option, says]: readonly [string, string]): string {
  return `  ${option.padEnd(20)}  ${says}\n`;
}
