/** Every code of the server's linter with what it is about. docs/sshd.md has a line for each. */
export const serverCodes = {
  'unknown-option': 'sshd has no option of that name, and does not start.',
  'client-option': 'An option of ssh_config; for the heartbeat the server has ClientAlive*.',
  'refused-line': 'sshd refuses the line, and does not start.',
  'global-in-block': 'The option counts for the whole server and may not stand in a Match block.',
  'count-max-zero': 'Since OpenSSH 8.2 ClientAliveCountMax 0 means that silence never ends a connection.',
  'interval-zero': 'ClientAliveInterval 0 asks nobody: what is dead stays, with its ports.',
  'interval-too-long':
    'ClientAliveInterval is longer than a middlebox on the way waits before it forgets a quiet connection.',
  'count-beyond-kernel':
    'ClientAliveCountMax is more than the kernel waits for: tcp_retries2 ends a heartbeat in flight first.',
  'tcp-keepalive': 'TCPKeepAlive asks once in two hours; it is no heartbeat.',
  'dead-line': 'Another line always wins: this one never counts.',
  'drop-in-wins': 'An included file comes first, and the first value wins: this line never counts.',
  'include-in-block': 'An Include inside a block is read for the connections of that block alone.',
  'stray-option': 'A Match block goes on to the end of its file: an option below it belongs to it.',
  'never-matches': 'No connection meets the criteria of the Match line.',
  'duplicate-listen': 'The same port, or address and port, twice: sshd fails to listen the second time.',
  'unused-port': 'Every ListenAddress has a port of its own, so Port counts for none.',
  'literal-newline': 'A backslash and an n, as of an echo without -e, end no line.',
  'wrong-encoding': 'The file is UTF-16; sshd reads bytes, and understands no line of it.',
  'byte-order-mark': 'A byte order mark stands in front of a word, and becomes part of it.',
  'loose-permissions': 'Others may write to the file, and so decide who logs in; sshd does not look.',
  'newer-option': 'The option came with a later release of OpenSSH than the one in use.',
  'deprecated-option': 'The name is an old one, or the option does nothing any more.',
} as const;

export type ServerCode = keyof typeof serverCodes;
