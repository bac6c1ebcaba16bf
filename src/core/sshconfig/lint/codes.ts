/** Every code of the linter with what it is about. docs/lint.md has a line for each. */
export const codes = {
  'unknown-option': 'ssh has no option of that name and refuses the file, for every host.',
  'server-option':
    'ClientAliveInterval and ClientAliveCountMax belong in sshd_config; the client has ServerAlive*.',
  'refused-line': 'ssh refuses the line, and with it the file, for every host.',
  'count-max-zero': 'ServerAliveCountMax 0 ends a healthy connection at the first quiet interval.',
  'interval-too-long':
    'ServerAliveInterval is longer than a middlebox on the way waits before it forgets a quiet connection.',
  'count-beyond-kernel':
    'ServerAliveCountMax is more than the kernel waits for: tcp_retries2 ends a heartbeat in flight first.',
  'tcp-keepalive': 'TCPKeepAlive asks once in two hours; it is no heartbeat.',
  'batch-mode-interval': 'BatchMode yes makes ServerAliveInterval 300 on Debian and Ubuntu.',
  'dead-line': 'An earlier line always wins: this one never counts.',
  'wildcard-on-top': 'Host * stands above the blocks that were to differ from it, and wins over them.',
  'include-in-block': 'An Include inside a block is read for the hosts of that block alone.',
  'stray-option': 'Indentation means nothing: an option below a block belongs to it.',
  'ignore-unknown-late': 'IgnoreUnknown counts only for lines below it, and only where its block applies.',
  'comma-in-host': 'Host takes patterns with blanks between; a comma is part of a name.',
  'brackets-in-host': 'Host has no character classes: a bracket is part of a name.',
  'glued-comment': 'A # inside a word begins no comment.',
  'literal-newline': 'A backslash and an n, as of an echo without -e, end no line.',
  'wrong-encoding': 'The file is UTF-16; ssh reads bytes, and understands no line of it.',
  'byte-order-mark': 'A byte order mark stands in front of a word, and becomes part of it.',
  'duplicate-host': 'Two blocks have the same patterns; the first value of each option wins.',
  'loose-permissions': 'Others may write to the file: ssh refuses it.',
  'newer-option': 'The option came with a later release of ssh than the one in use.',
  'deprecated-option': 'The name is an old one, or the option does nothing any more.',
} as const;

export type Code = keyof typeof codes;
