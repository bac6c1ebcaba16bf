/** What systems ship, and how each calls it. */

export interface SystemDefaults {
  readonly name: string;
  readonly idleMs: number;
  readonly intervalMs: number;
  readonly probes: number;
  /** How a program sets it on one socket. */
  readonly perSocket: string;
  /** How an administrator sets it for all. */
  readonly systemWide: string;
  readonly source: string;
  readonly confidence: 'verified' | 'secondary' | 'unconfirmed';
  /** What common tables say that is not so. */
  readonly oftenWrong: string | null;
}

/** TCP keepalive as Linux, FreeBSD, macOS and Windows ship it. */
export const systems: readonly SystemDefaults[] = [
  {
    name: 'Linux',
    idleMs: 7_200_000,
    intervalMs: 75_000,
    probes: 9,
    perSocket: 'TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT',
    systemWide: 'net.ipv4.tcp_keepalive_time, _intvl, _probes (seconds)',
    source: 'include/net/tcp.h: TCP_KEEPALIVE_TIME, _INTVL, _PROBES; man 7 tcp; read from a running 6.18',
    confidence: 'verified',
    oftenWrong:
      '"10 probes" is Stevens\' and BSD\'s old value. "2 h x 9 = 18 h" is wrong: it is 7200 s + 9 x 75 s. The idle time counts from the last segment received, not sent, and holds again after each answer.',
  },
  {
    name: 'FreeBSD',
    idleMs: 7_200_000,
    intervalMs: 75_000,
    probes: 8,
    perSocket: 'TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT (9.0 on), TCP_KEEPINIT',
    systemWide: 'net.inet.tcp.keepidle, keepintvl (milliseconds), keepcnt; always_keepalive',
    source: 'sys/netinet/tcp_timer.h: TCPTV_KEEP_IDLE, TCPTV_KEEPINTVL, TCPTV_KEEPCNT',
    confidence: 'verified',
    oftenWrong: 'Its sysctls are in milliseconds.',
  },
  {
    name: 'macOS',
    idleMs: 7_200_000,
    intervalMs: 75_000,
    probes: 8,
    perSocket: 'TCP_KEEPALIVE (the idle time), TCP_KEEPINTVL, TCP_KEEPCNT, TCP_RXT_CONNDROPTIME',
    systemWide: 'net.inet.tcp.keepidle, keepintvl (milliseconds), keepcnt; always_keepalive',
    source: 'xnu bsd/netinet/tcp_timer.h: TCPTV_KEEPCNT 8',
    confidence: 'verified',
    oftenWrong: 'Often given as 9 probes, which is Linux; it is 8. Its sysctls are in milliseconds.',
  },
  {
    name: 'Windows',
    idleMs: 7_200_000,
    intervalMs: 1_000,
    probes: 10,
    perSocket: 'SIO_KEEPALIVE_VALS (milliseconds); TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT since Windows 10',
    systemWide:
      'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters: KeepAliveTime, KeepAliveInterval',
    source: 'Microsoft: SIO_KEEPALIVE_VALS; the Windows 10 options from memory',
    confidence: 'secondary',
    oftenWrong: 'The interval is 1 s and not 75 s. The 10 cannot be changed for all, only per socket.',
  },
];

/** What a program that sets its own values makes of it, as runtimes do. */
export const runtimes: readonly { readonly name: string; readonly says: string; readonly source: string }[] =
  [
    {
      name: 'Node',
      says: 'setKeepAlive(true, ms) sets the idle time, and with it interval 1 s and 10 probes; since 24.19 it takes interval and count too',
      source: 'deps/uv/src/unix/tcp.c; tried with 20.20, 22.23, 24.21 and 26.10',
    },
    {
      name: 'Go',
      says: 'on by default: idle 15 s, interval 15 s, 9 probes; net.KeepAliveConfig since 1.23',
      source: 'net/dial.go, net/tcpsock.go; golang/go issue 62254',
    },
    { name: 'OpenSSH', says: 'TCPKeepAlive yes: on, with the values of the system', source: 'ssh_config(5)' },
    {
      name: 'Chrome',
      says: 'idle 45 s, for NATs; not on Android and iOS',
      source: 'net/socket/tcp_socket_*.cc',
    },
  ];

/** The name of `process.platform` as people say it. */
export function systemName(platform: string): string {
  const names: Readonly<Record<string, string>> = {
    linux: 'Linux',
    darwin: 'macOS',
    win32: 'Windows',
    freebsd: 'FreeBSD',
    openbsd: 'OpenBSD',
    sunos: 'Solaris',
    aix: 'AIX',
  };
  return names[platform] ?? platform;
}
