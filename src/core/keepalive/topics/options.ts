import type { Topic } from '../topics.js';

/** The options by which keepalive is set, under all their names. */
export const optionTopics: readonly Topic[] = [
  {
    name: 'SO_KEEPALIVE',
    aliases: ['keepalive', 'keep-alive-option'],
    title: 'TCP keepalive of one socket, on or off',
    says: [
      'Off unless the program asks for it (RFC 9293 MUST-25). Without it an idle connection never notices that its peer is gone: TCP polls nobody.',
      'With it the kernel sends an empty segment after the idle time; the peer answers with an acknowledgement. Its number is one below the next, so it carries nothing new. Linux and BSD send 0 bytes of data, old systems one.',
      'A lost probe is not retransmitted, and one missing answer must not be taken for death (MUST-29): the kernel counts.',
      'It is an optional part of TCP, in its specification since RFC 1122 and RFC 9293 3.8.4.',
    ],
    rows: [
      ['C, Python', 'setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)'],
      ['OpenSSH', 'TCPKeepAlive yes, the default'],
      ['Node', 'socket.setKeepAlive(true, ms)'],
      ['nginx', 'listen ... so_keepalive=on'],
      ['systemd', 'KeepAlive=yes in a .socket unit'],
    ],
    sources: ['RFC 9293 3.8.4', 'man 7 socket', 'man 7 tcp'],
  },
  {
    name: 'TCP_KEEPIDLE',
    aliases: [
      'tcp_keepalive_time',
      'keepidle',
      'idle',
      'tcp_keepalive',
      'keepalivetime',
      'net.inet.tcp.keepidle',
    ],
    title: 'The idle time before the first probe',
    says: [
      'Counted from the last segment received, data or acknowledgement (not from the last one sent), and used again after each probe that is answered: it is also the period of successful probes. Traffic begins it anew in full.',
      'Nothing is sent while data is in flight: then retransmission decides.',
      'To outlive a NAT it must be below the idle time-out of each box on the way: at most 0.8 of it, below half of it if one probe may be lost.',
    ],
    rows: [
      ['Linux', 'TCP_KEEPIDLE, 1 to 32767 s; net.ipv4.tcp_keepalive_time, 7200 s'],
      ['FreeBSD', 'TCP_KEEPIDLE; net.inet.tcp.keepidle, 7200000 ms'],
      ['macOS', 'TCP_KEEPALIVE; net.inet.tcp.keepidle, 7200000 ms'],
      ['Windows', 'TCP_KEEPIDLE, keepalivetime of SIO_KEEPALIVE_VALS; KeepAliveTime, 7200000 ms'],
      ['Solaris', 'TCP_KEEPALIVE_THRESHOLD; tcp_keepalive_interval'],
      ['Java', 'ExtendedSocketOptions.TCP_KEEPIDLE'],
      ['Go', 'net.KeepAliveConfig.Idle'],
      ['Node', 'the second argument of setKeepAlive, ms'],
      ['systemd', 'KeepAliveTimeSec='],
    ],
    sources: ['man 7 tcp', 'net/ipv4/tcp_timer.c, tcp_keepalive_timer', 'RFC 9293 MUST-26 to MUST-28'],
  },
  {
    name: 'TCP_KEEPINTVL',
    aliases: ['tcp_keepalive_intvl', 'keepintvl', 'interval', 'keepaliveinterval', 'net.inet.tcp.keepintvl'],
    title: 'The pause between unanswered probes',
    says: [
      'Used only from the first unanswered probe on. Anything received, data or acknowledgement, ends it: then the idle time begins anew.',
    ],
    rows: [
      ['Linux', 'TCP_KEEPINTVL, 1 to 32767 s; net.ipv4.tcp_keepalive_intvl, 75 s'],
      ['FreeBSD', 'TCP_KEEPINTVL; net.inet.tcp.keepintvl, 75000 ms'],
      ['macOS', 'TCP_KEEPINTVL; net.inet.tcp.keepintvl, 75000 ms'],
      ['Windows', 'TCP_KEEPINTVL, keepaliveinterval of SIO_KEEPALIVE_VALS; KeepAliveInterval, 1000 ms'],
      ['Java', 'ExtendedSocketOptions.TCP_KEEPINTERVAL'],
      ['Go', 'net.KeepAliveConfig.Interval'],
      ['Node', 'the third argument of setKeepAlive, ms, since 24.19; before, 1 s fixed'],
      ['systemd', 'KeepAliveIntervalSec='],
    ],
    sources: ['man 7 tcp', 'net/ipv4/tcp_timer.c', 'deps/uv/src/unix/tcp.c'],
  },
  {
    name: 'TCP_KEEPCNT',
    aliases: ['tcp_keepalive_probes', 'keepcnt', 'probes', 'count', 'net.inet.tcp.keepcnt'],
    title: 'How many unanswered probes end the connection',
    says: [
      'After the last one and one more interval the kernel sends a reset and the program reads ETIMEDOUT. Void where TCP_USER_TIMEOUT is set.',
      '/proc/sys takes 0 to 255, the socket option 1 to 127. "10" of older books is the value of BSD then and of Windows.',
    ],
    rows: [
      ['Linux', 'TCP_KEEPCNT, 1 to 127; net.ipv4.tcp_keepalive_probes, 9'],
      ['FreeBSD', 'TCP_KEEPCNT; net.inet.tcp.keepcnt, 8'],
      ['macOS', 'TCP_KEEPCNT; net.inet.tcp.keepcnt, 8'],
      ['Windows', 'TCP_KEEPCNT (Windows 10 on), 10'],
      ['Java', 'ExtendedSocketOptions.TCP_KEEPCOUNT'],
      ['Go', 'net.KeepAliveConfig.Count'],
      ['Node', 'the fourth argument of setKeepAlive, since 24.19; before, 10 fixed'],
      ['systemd', 'KeepAliveProbes='],
    ],
    sources: ['man 7 tcp', 'net/ipv4/tcp_timer.c', 'xnu bsd/netinet/tcp_timer.h'],
  },
  {
    name: 'TCP_USER_TIMEOUT',
    aliases: ['user-timeout', 'usertimeout', 'tcp_rxt_conndroptime', 'tcp_maxrt'],
    title: 'How long sent data may stay unacknowledged, in milliseconds',
    says: [
      'In flight: the connection ends so long after the first retransmission, instead of after tcp_retries2.',
      'Idle, with keepalive: it replaces the count. The end comes at the first tick idle + k x interval, k at least 1, that is not before the user timeout. Idle without keepalive: nothing.',
      'Careful: it also ends a connection whose peer answers each probe but reads nothing for so long (zero window). Not for bulk transfers to slow readers.',
    ],
    rows: [
      ['Linux', 'TCP_USER_TIMEOUT, since 2.6.37'],
      ['macOS', 'TCP_RXT_CONNDROPTIME, seconds'],
      ['Windows', 'TCP_MAXRT, seconds'],
      ['FreeBSD', 'not available'],
    ],
    sources: [
      'man 7 tcp',
      'net/ipv4/tcp_timer.c',
      'RFC 5482; Linux has the local half alone',
      'blog.cloudflare.com/when-tcp-sockets-refuse-to-die',
    ],
  },
  {
    name: 'tcp_retries2',
    aliases: ['retries2', 'retransmission', 'tcpmaxdataretransmissions'],
    title: 'How often data in flight is sent again before the end',
    says: [
      'A number that stands for a time: the connection ends at the first retransmission pause that ends after 0.2 s x (2^(N+1) - 1), where pauses longer than tcp_rto_max_ms count as that. 15, the default: 924.6 s. 8: 102.2 s. 5: 12.6 s. Pauses are longer on a slow path.',
      'Keepalive plays no part while data is in flight. A heartbeat of a program is data in flight too: a low value ends ssh before ServerAliveCountMax does.',
      'RFC 9293 wants at least 100 s (SHLD-11), so not below 8.',
    ],
    rows: [
      ['Linux', 'net.ipv4.tcp_retries2, 15; TCP_USER_TIMEOUT per socket'],
      ['Windows', 'TcpMaxDataRetransmissions, 5'],
    ],
    sources: ['Documentation/networking/ip-sysctl.rst', 'net/ipv4/tcp_timer.c, tcp_model_timeout'],
  },
  {
    name: 'tcp_rto_max_ms',
    aliases: ['rto_max', 'rto', 'tcp_rto_max'],
    title: 'The longest pause between retransmissions',
    says: [
      'After an outage of L seconds the next retransmission comes up to about L seconds later: the connection stays silent though the path is well. A lower value shortens that; it also shortens what tcp_retries2 comes to, so raise that with it.',
    ],
    rows: [['Linux', 'net.ipv4.tcp_rto_max_ms, 1000 to 120000, since 6.15']],
    sources: ['Documentation/networking/ip-sysctl.rst', 'measured with 6.18'],
  },
  {
    name: 'tcp_syn_retries',
    aliases: ['syn_retries', 'connecttimeout', 'connect', 'tcp_syn_linear_timeouts'],
    title: 'How often a connection attempt is repeated',
    says: [
      'Since Linux 6.5 the first pauses are 1 s each, tcp_syn_linear_timeouts (4) + 1 of them; then they double. It ends with the first pause that ends 1 s x (2^(N + 1) - 1) or more after the first attempt: N = 6, the default, 131 s; N = 1, 3 s.',
    ],
    rows: [
      ['Linux', 'net.ipv4.tcp_syn_retries, 6; TCP_SYNCNT per socket'],
      ['OpenSSH', 'ConnectTimeout'],
      ['FreeBSD', 'TCP_KEEPINIT; net.inet.tcp.keepinit'],
    ],
    sources: ['net/ipv4/tcp_timer.c, tcp_write_timeout', 'measured with 6.18', 'man 7 tcp'],
  },
];
