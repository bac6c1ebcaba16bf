import { longOptions } from './options.js';

const width = 80;

/** The letters worth a line; the others are accepted, or refused with their reason, as `letters` says. */
const lines: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Forwards, as in ssh, beside those of the host in ~/.ssh/config:',
    [
      ['-L [bind:]port:host:hostport', 'listen here, connect from the server'],
      ['-R [bind:]port:host:hostport', 'listen on the server, connect from here'],
      ['-D [bind:]port', 'SOCKS proxy here; -R without a target: there'],
      ['-W host:hostport', 'stdin and stdout to there, once: a ProxyCommand'],
      ['-g', 'other machines may use local forwards'],
    ],
  ],
  [
    'Server and login, as in ssh:',
    [
      ['-p port', 'port of the server'],
      ['-l user', 'user on the server'],
      ['-i file', 'key file (repeatable)'],
      ['-F file', 'configuration file; none = read no file'],
      ['-o Keyword=value', 'option of ssh_config(5), such as ServerAliveInterval=5'],
      ['-J [user@]host[:port],...', 'go through these servers, as with ProxyJump'],
      ['-b address', 'local address to connect from'],
      ['-4, -6', 'IPv4 or IPv6 only'],
    ],
  ],
  [
    'Keeping it up:',
    [
      long('interval'),
      long('hold'),
      long('max-attempts'),
      long('give-up-after'),
      long('on-up'),
      long('on-down'),
    ],
  ],
  ['Its TCP connection:', [long('tcp-keepalive'), long('tcp-user-timeout'), long('tcp-notsent-lowat')]],
  [
    'This process:',
    [['-f', 'go to the background once up'], long('pid-file'), long('log-file'), long('print'), long('help')],
  ],
  [
    'What it says:',
    [['-v', 'links and heartbeats with their round-trip times'], ['-q', 'failures only'], long('json')],
  ],
];

function long(name: keyof typeof longOptions): readonly [string, string] {
  const { value, says } = longOptions[name];
  return [value === null ? `--${name}` : `--${name} ${value}`, says];
}

/** `holdfast run --help`, at most 80 columns wide. */
export const runHelp = `holdfast run [options] [user@]host

Keeps the forwards up until stopped. Options mean what they mean in ssh,
and may follow the host; -N, -T, -n and autossh's -M are accepted.

${lines.map(([title, rows]) => `${title}\n${table(rows)}`).join('\n')}
Signals: INT and TERM stop and give open connections 10 s, again: at once;
USR1 reads the configuration again and reconnects. Exit codes: 0 stopped,
2 usage or configuration, 3 login, 4 host key, 5 network, 6 forward, 70 bug.

Examples:
  holdfast run -L 5432:localhost:5432 db
  holdfast run -f -D 1080 --log-file ~/socks.log me@gateway.example.org
  holdfast run -R 8080:localhost:3000 -o ServerAliveInterval=5 --json web
`;

function table(rows: readonly (readonly [string, string])[]): string {
  const column = Math.max(...rows.map(([option]) => option.length)) + 4;
  return rows
    .map(([option, says]) => {
      const text = wrapped(says, width - column).join(`\n${' '.repeat(column)}`);
      return `${`  ${option}`.padEnd(column)}${text}\n`;
    })
    .join('');
}

function wrapped(text: string, columns: number): string[] {
  const rows: string[] = [''];
  for (const word of text.split(' ')) {
    const last = rows.at(-1) ?? '';
    if (last === '') rows[rows.length - 1] = word;
    else if (last.length + 1 + word.length <= columns) rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(word);
  }
  return rows;
}
