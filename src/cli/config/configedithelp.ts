import { keepaliveProfiles } from '../../edit/setkeepalive.js';
import { type ConfigEdit, canBeManaged, configEdits } from './configeditoptions.js';

const more: Readonly<Record<ConfigEdit, string>> = {
  set: `The host may be a pattern that stands in the file, in quotes, or '*': the
default of all. A block that is shared with others is not touched.
`,
  unset: 'Says which value holds then. To turn an inherited one off, set 0, no or none.\n',
  append: 'As LocalForward, IdentityFile, SendEnv. A forward that is there stays one line.\n',
  drop: 'Forwards are compared by what they mean, not as text.\n',
  add: '',
  remove: 'Its own blocks go; from Host lines that it shares, its name.\n',
  rename: "In every Host line. HostName is written where the old name was the server's.\n",
  copy: '',
  keepalive: `Without a host, or with '*': for all that have no value of their own.
A ServerAliveCountMax that stands stays without --count and --profile; 0, which
would end a healthy connection, becomes 3.
A dead server is noticed after interval x (count + 1).
`,
};

const own: Readonly<Record<ConfigEdit, string>> = {
  set: '      --force-all          On top: over what blocks say; tells whom it overrides\n',
  unset: '',
  append: '',
  drop: '',
  add: `      --hostname NAME      HostName
  -l, --user NAME          User
  -p, --port PORT          Port
  -i, --identity FILE      IdentityFile; may stand more than once
  -J, --jump HOST          ProxyJump
  -L, -R, -D SPEC          Forwards, as for ssh; may stand more than once
      --like HOST          With the lines of that host, but for those above
`,
  remove: '',
  rename: '',
  copy: '',
  keepalive: `      --interval TIME      ServerAliveInterval                     [default: 15]
      --count N            ServerAliveCountMax, at least 1    [default: as it is]
      --profile NAME       Both at once; see below
      --off                No heartbeat
      --tcp yes|no         TCPKeepAlive                      [default: as it is]
      --behind BOX         Is this outlived? A name as aws-nat, or its time-out
      --force-all          On top: over what blocks say; tells whom it overrides
`,
};

const managed = `      --managed            Into holdfast.conf, which the file includes; see
                           holdfast config managed --help
`;

const examples: Readonly<Record<ConfigEdit, readonly string[]>> = {
  set: ['set db Port 2222', "set '*.corp' User me --dry-run", "set db ProxyCommand 'ssh -W %h:%p gate'"],
  unset: ['unset db Port'],
  append: ['append db LocalForward 8080 localhost:80', 'append db SendEnv LC_TIME'],
  drop: ['drop db LocalForward 8080 localhost:80'],
  add: ['add db --hostname db.example.org -L 5432:localhost:5432', 'add db2 --like db'],
  remove: ['remove db'],
  rename: ['rename db database'],
  copy: ['copy db db2'],
  keepalive: [
    "keepalive '*' --interval 30",
    'keepalive db web --profile fast',
    'keepalive db --behind aws-nat',
  ],
};

export function configEditHelp(command: ConfigEdit): string {
  const { takes, says } = configEdits[command];
  const usage = takes.includes('[options]') ? takes : `${takes} [options]`;
  return `holdfast config ${command} ${usage}

${says}.
Proved before anything is written: who is meant gets what was asked for, every
other host stays as it was.
${more[command]}
Options:
${own[command]}  -F FILE                  This file              [default: the one ssh reads]
      --dry-run            Print a diff, and change nothing
      --target VERSION     The release of OpenSSH that reads the file, as 9.2
      --allow-unknown      Also options that ssh does not know
      --exec               Run the commands of Match exec; without, the proof
                           is for both answers of each
      --verify-with-ssh    The installed ssh has to agree (ssh -G runs those
                           commands), or the old file returns
${canBeManaged(command) ? managed : ''}      --json               One JSON object on stdout
  -h, --help               Show this help
${command === 'keepalive' ? profileText() : ''}
Examples:
${examples[command].map((line) => `  holdfast config ${line}\n`).join('')}`;
}

function profileText(): string {
  const rows = keepaliveProfiles.map(({ name, intervalS, countMax, why }) => {
    const sum = `${intervalS} s x (${countMax} + 1) = ${intervalS * (countMax + 1)} s`;
    return `  ${name.padEnd(10)}  ${sum.padEnd(22)}  ${why}\n`;
  });
  return `
Profiles:
${rows.join('')}`;
}
