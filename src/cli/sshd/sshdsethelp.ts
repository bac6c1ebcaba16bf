import type { SshdEdit } from './sshdsetoptions.js';

const usage: Readonly<Record<SshdEdit, string>> = {
  set: `holdfast sshd set Option value... [options]

Sets an option of the server so that it takes effect, and changes nothing else.`,
  unset: `holdfast sshd unset Option [options]

Takes every line of an option out that counts for all connections.`,
  keepalive: `holdfast sshd keepalive [--interval TIME] [--count N] [options]

Lets the server ask quiet clients, and give up those that do not answer.
It ends after interval x (count + 1).`,
};

const own: Readonly<Record<SshdEdit, string>> = {
  set: '',
  unset: '',
  keepalive: `      --interval TIME        ClientAliveInterval                   [default: 15]
      --count N              ClientAliveCountMax; 0: nobody  [default: as it is]
      --off                  No questions
`,
};

const examples: Readonly<Record<SshdEdit, string>> = {
  set: `  holdfast sshd set PasswordAuthentication no --reload --check-login me@server
  holdfast sshd set X11Forwarding no --match 'User backup'
`,
  unset: '  holdfast sshd unset X11Forwarding --dry-run\n',
  keepalive: `  holdfast sshd keepalive --interval 30 --reload
  holdfast sshd keepalive --print
`,
};

export function sshdSetHelp(command: SshdEdit): string {
  return `${usage[command]}

Options:
${own[command]}      --match CRITERIA       Only for these connections, as 'User backup'
      --dry-run              Print a diff, and change nothing
      --print                Print a file for another machine, with the steps
      --reload               Tell the running sshd, check it, and go back if
                             something is wrong or nobody says to keep it
      --check-login [USER@]HOST
                             After the reload: ssh must get in, unasked
      --login-config FILE    ssh's -F for that login
  -y, --yes                  Do not ask whether to keep it
  -f, -F, --file FILE        This file         [default: /etc/ssh/sshd_config]
      --json                 One JSON object on stdout
  -h, --help                 Show this help

Examples:
${examples[command]}`;
}
