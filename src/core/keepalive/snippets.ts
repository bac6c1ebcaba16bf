/** Code that gives a socket its keepalive values, and settings of programs that do. */

export const snippetLanguages = ['c', 'python', 'node', 'go', 'java', 'nginx', 'systemd', 'sysctl'] as const;

/** One of `snippetLanguages`. */
export type SnippetLanguage = (typeof snippetLanguages)[number];

interface Values {
  readonly idleS: number;
  readonly intervalS: number;
  readonly probes: number;
  /** 0: none. */
  readonly userTimeoutMs: number;
}

/** Whole text, with its last line ended. What a language cannot set is said in a comment. */
export function snippetText(language: SnippetLanguage, values: Values): string {
  return `${texts[language](values).join('\n')}\n`;
}

const texts: Readonly<Record<SnippetLanguage, (values: Values) => string[]>> = {
  c: ({ idleS, intervalS, probes, userTimeoutMs }) => [
    '#include <netinet/in.h>',
    '#include <netinet/tcp.h>',
    '#include <sys/socket.h>',
    '',
    '#ifdef __APPLE__ /* its name for the idle time */',
    '#define TCP_KEEPIDLE TCP_KEEPALIVE',
    '#endif',
    '',
    '/* 0, or -1 with errno set. */',
    'int keep_alive(int fd) {',
    `  int on = 1, idle = ${idleS}, interval = ${intervalS}, probes = ${probes};`,
    '  if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) return -1;',
    '  if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle) != 0) return -1;',
    '  if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval) != 0) return -1;',
    '  if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes) != 0) return -1;',
    ...(userTimeoutMs > 0
      ? [
          '#ifdef TCP_USER_TIMEOUT /* Linux; milliseconds; replaces the count */',
          `  unsigned int user_timeout = ${userTimeoutMs};`,
          '  if (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof user_timeout) != 0) return -1;',
          '#endif',
        ]
      : []),
    '  return 0;',
    '}',
  ],

  python: ({ idleS, intervalS, probes, userTimeoutMs }) => [
    'import socket',
    '',
    '',
    'def keep_alive(sock):',
    '    # macOS calls the idle time TCP_KEEPALIVE.',
    '    idle = getattr(socket, "TCP_KEEPIDLE", None) or socket.TCP_KEEPALIVE',
    '    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)',
    `    sock.setsockopt(socket.IPPROTO_TCP, idle, ${idleS})`,
    `    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, ${intervalS})`,
    `    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, ${probes})`,
    ...(userTimeoutMs > 0
      ? [
          '    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; milliseconds; replaces the count',
          `        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, ${userTimeoutMs})`,
        ]
      : []),
  ],

  node: ({ idleS, intervalS, probes, userTimeoutMs }) => [
    "import { Socket } from 'node:net';",
    '',
    '/** For a connected socket. */',
    'export function keepAlive(socket) {',
    '  // Older than 24.19, Node sets the idle time alone; interval and count are then 1 s and 10.',
    '  if (Socket.prototype.setKeepAlive.length < 4)',
    "    process.emitWarning('this Node sets the keepalive interval to 1 s and the count to 10');",
    `  socket.setKeepAlive(true, ${idleS * 1_000}, ${intervalS * 1_000}, ${probes});`,
    ...(userTimeoutMs > 0 ? [`  // TCP_USER_TIMEOUT ${userTimeoutMs} ms: Node has no call for it.`] : []),
    '}',
  ],

  go: ({ idleS, intervalS, probes, userTimeoutMs }) => [
    'package keepalive',
    '',
    'import (',
    '\t"net"',
    '\t"time"',
    ...(userTimeoutMs > 0 ? ['', '\t"golang.org/x/sys/unix"'] : []),
    ')',
    '',
    '// Go 1.23 or later.',
    'func KeepAlive(conn *net.TCPConn) error {',
    ...(userTimeoutMs > 0
      ? [
          '\traw, err := conn.SyscallConn()',
          '\tif err != nil {',
          '\t\treturn err',
          '\t}',
          '\tvar refused error',
          '\terr = raw.Control(func(fd uintptr) { // Linux; milliseconds; replaces the count',
          `\t\trefused = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, ${userTimeoutMs})`,
          '\t})',
          '\tif err != nil {',
          '\t\treturn err',
          '\t}',
          '\tif refused != nil {',
          '\t\treturn refused',
          '\t}',
        ]
      : []),
    '\treturn conn.SetKeepAliveConfig(net.KeepAliveConfig{',
    '\t\tEnable:   true,',
    `\t\tIdle:     ${idleS} * time.Second,`,
    `\t\tInterval: ${intervalS} * time.Second,`,
    `\t\tCount:    ${probes},`,
    '\t})',
    '}',
  ],

  java: ({ idleS, intervalS, probes, userTimeoutMs }) => [
    'import java.io.IOException;',
    'import java.net.Socket;',
    'import java.net.StandardSocketOptions;',
    'import jdk.net.ExtendedSocketOptions;',
    '',
    'final class KeepAlive {',
    '  /** Java 11 or later, on Linux and macOS. */',
    '  static void set(Socket socket) throws IOException {',
    '    socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);',
    `    socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, ${idleS});`,
    `    socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, ${intervalS});`,
    `    socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, ${probes});`,
    ...(userTimeoutMs > 0 ? [`    // TCP_USER_TIMEOUT ${userTimeoutMs} ms: Java has no option for it.`] : []),
    '  }',
    '}',
  ],

  nginx: ({ idleS, intervalS, probes, userTimeoutMs }) => [
    '# TCP keepalive towards clients: idle:interval:count. HTTP keep-alive is another thing, keepalive_timeout.',
    `listen 80 so_keepalive=${idleS}s:${intervalS}s:${probes};`,
    ...(userTimeoutMs > 0 ? [`# TCP_USER_TIMEOUT ${userTimeoutMs} ms: nginx has no directive for it.`] : []),
  ],

  systemd: ({ idleS, intervalS, probes, userTimeoutMs }) => [
    '# In a .socket unit (systemd.socket(5)): for the connections that it accepts.',
    '[Socket]',
    'KeepAlive=yes',
    `KeepAliveTimeSec=${idleS}`,
    `KeepAliveIntervalSec=${intervalS}`,
    `KeepAliveProbes=${probes}`,
    ...(userTimeoutMs > 0 ? [`# TCP_USER_TIMEOUT ${userTimeoutMs} ms: systemd has no setting for it.`] : []),
  ],

  sysctl: ({ idleS, intervalS, probes, userTimeoutMs }) => [
    '# For sockets that ask for keepalive (SO_KEEPALIVE) and set no values of their own.',
    '# A file in /etc/sysctl.d; sysctl --system applies it. Open connections keep their armed timer.',
    `net.ipv4.tcp_keepalive_time = ${idleS}`,
    `net.ipv4.tcp_keepalive_intvl = ${intervalS}`,
    `net.ipv4.tcp_keepalive_probes = ${probes}`,
    ...(userTimeoutMs > 0
      ? [`# TCP_USER_TIMEOUT ${userTimeoutMs} ms: there is no sysctl for it, only the socket option.`]
      : []),
  ],
};
