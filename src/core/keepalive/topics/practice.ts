import type { Topic } from './topic.js';

/** Keepalive beside its neighbours: HTTP, ssh, the program's own heartbeat. */
export const practiceTopics: readonly Topic[] = [
  {
    name: 'http',
    aliases: ['http-keep-alive', 'keep-alive', 'connection'],
    title: 'HTTP keep-alive is not TCP keepalive',
    says: [
      'HTTP keep-alive means reuse: one connection for several requests. HTTP/1.0 asks for it (Connection: Keep-Alive), HTTP/1.1 does it unless "Connection: close" is sent. TCP keepalive means liveness: is the peer there? No setting of one changes the other.',
      'Servers close idle HTTP connections: Apache after 5 s, Node 5 s, nginx 75 s, AWS ALB 60 s, Cloudflare 400 s. Not "usually 3 minutes".',
      'HTTP/1.1 cannot carry a heartbeat: a byte between requests is answered with 400 (an empty line before a request is tolerated, RFC 9112 2.2). HTTP/2 has PING, WebSocket has ping.',
      'Chrome sets TCP keepalive with 45 s on the connections that it keeps for reuse.',
    ],
    rows: [
      ['reuse', 'Connection: keep-alive; keepalive_timeout (nginx); KeepAliveTimeout (Apache)'],
      ['liveness', 'SO_KEEPALIVE; so_keepalive (nginx); HTTP/2 PING'],
    ],
    sources: [
      'RFC 9112 9.3 and 2.2',
      'RFC 9113 6.7',
      'RFC 6455 5.5.2',
      'net/socket/tcp_socket_*.cc of Chromium',
    ],
  },
  {
    name: 'uses',
    aliases: ['profile', 'why', 'when', 'server'],
    title: 'What keepalive is for: two uses, two numbers',
    says: [
      'To find dead peers, so that a server can free what they hold: idle + interval x probes is the time that may take. To keep the state of NATs and firewalls: the idle time alone counts.',
      'Choose the idle time for the middlebox on the way and the interval and count for the outage that must be outlived. 15 5 3 outlives nearly every NAT and notices in 30 s.',
      'A server under load goes on answering probes: alive is not well. What people use is checked by a request through it.',
    ],
    rows: [
      ['NAT 350 s', '120 s idle: one lost probe is no matter'],
      ['NAT 30 s', '10 s idle'],
      ['server', '60 10 6: gone clients in 2 min'],
    ],
    sources: ['RFC 9293 3.8.4', 'RFC 1122 4.2.3.6', 'holdfast tcp explain 15 5 3'],
  },
  {
    name: 'heartbeat',
    aliases: ['application', 'app', 'liveness', 'layers'],
    title: 'Three layers, three probes; none replaces another',
    says: [
      "TCP keepalive proves the peer's kernel, or the first proxy. The heartbeat of ssh proves sshd. A check through the forward proves the service that people use.",
      'An overloaded or stopped program still answers TCP probes: 14 of 14 by a stopped sshd. So liveness belongs to the program: it sets the time, can carry data, and crosses proxies.',
    ],
    rows: [
      ['kernel', 'TCP keepalive, user timeout; cannot see a frozen program'],
      ['ssh', 'ServerAliveInterval, ClientAliveInterval; cannot see the service'],
      ['service', 'a request through the forward'],
    ],
    sources: ['measured with OpenSSH 9.2: sshd stopped, 14 probes answered', 'RFC 4254 section 4'],
  },
  {
    name: 'ServerAliveInterval',
    aliases: ['serveralivecountmax', 'serveralive', 'heartbeat-ssh', 'keepalive@openssh.com'],
    title: "ssh's heartbeat",
    says: [
      'After N seconds in which nothing was received, ssh sends a global request keepalive@openssh.com that wants an answer; any packet received counts as life. It ends when the count exceeds ServerAliveCountMax M: after N x (M + 1), though its manual says N x M. Default: off; M is 3.',
      'ServerAliveCountMax 0 ends a healthy connection at the first quiet interval. `Host *` with ServerAliveInterval belongs at the end of the file: the first value found wins. For one connection: ssh -o ServerAliveInterval=30.',
      'It keeps NATs and proxies awake; it does not keep a shell with TMOUT or a server with ChannelTimeout.',
      'ssh has no option for idle, interval and count of TCP keepalive.',
    ],
    rows: [
      ['client', 'ServerAliveInterval, ServerAliveCountMax'],
      ['server', 'ClientAliveInterval, ClientAliveCountMax (0: never ends)'],
      ['which line', 'holdfast config why HOST ServerAliveInterval'],
    ],
    sources: ['ssh_config(5)', 'clientloop.c, server_alive_check', 'RFC 4254 section 4'],
  },
  {
    name: 'ClientAliveInterval',
    aliases: ['clientalivecountmax', 'clientalive', 'sshd'],
    title: "sshd's heartbeat, for servers that must not keep dead clients",
    says: [
      'A server that never asks keeps a dead client, and the remote port that it forwards, until TCP keepalive ends it hours later (TCPKeepAlive yes, the default), or for ever. ClientAliveInterval 15 and ClientAliveCountMax 3 free it.',
      'Releases 9.2 to 9.4 ask at half the rate. While a session prints steadily into a black hole the question is not sent at all: a bound of TCP is needed too (tcp_retries2 8 or TCP_USER_TIMEOUT).',
      'ClientAliveCountMax 0 means never, the opposite of ServerAliveCountMax 0.',
    ],
    rows: [['advice', 'ClientAliveInterval 15, ClientAliveCountMax 3, net.ipv4.tcp_retries2 8']],
    sources: ['sshd_config(5)', 'serverloop.c; commit 9d7193a83', 'measured with OpenSSH 9.2'],
  },
  {
    name: 'TCPKeepAlive',
    aliases: [],
    title: "ssh's switch for TCP keepalive",
    says: [
      "yes, the default, sets SO_KEEPALIVE and nothing else: the values are the system's, on Linux 7200 s + 9 x 75 s. It looks configured and notices after 2 h 11 min.",
      'It proves the kernel of the first hop. The heartbeat (ServerAliveInterval) is what makes ssh notice in time.',
    ],
    rows: [
      ['client and server', 'TCPKeepAlive yes|no'],
      ['values', 'holdfast tcp show; per socket only through a ProxyCommand that sets them: holdfast relay'],
    ],
    sources: ['ssh_config(5), sshd_config(5)', 'measured: timer 119 min after login'],
  },
  {
    name: 'tcpdump',
    aliases: ['wire', 'packets', 'probe'],
    title: 'Keepalive on the wire and in the counters',
    says: [
      'A probe is a segment with length 0 and a sequence number one below the next; the answer is an acknowledgement of the next. 66 bytes each way over Ethernet and IPv4. Wireshark calls them [TCP Keep-Alive] and [TCP Keep-Alive ACK].',
      'An answered probe is invisible to the program. It shows in /proc/net/tcp (timer 02, and its unanswered count), ss -tno, and TcpExt TCPKeepAlive of nstat.',
    ],
    rows: [
      ['see them', "tcpdump 'tcp and tcp[tcpflags] == tcp-ack and len < 70'"],
      ['with a timer', 'holdfast tcp list; ss -tno'],
      ['without one', 'holdfast tcp list --no-keepalive'],
    ],
    sources: ['RFC 9293 3.8.4, SHLD-12, MAY-6', 'measured: length 0, 66 bytes each way'],
  },
  {
    name: 'sysctl',
    aliases: ['sysctl.d', 'persist', '/proc', 'proc'],
    title: "Where the kernel's values live",
    says: [
      'In /proc/sys/net/ipv4, one set for each network namespace: a container has its own. IPv6 uses the same. Read and written as files or with sysctl(8); the system call sysctl(2) is gone since 5.5. A written value lasts until the next start; a file in /etc/sysctl.d makes it last.',
      'A change reaches new connections, and open ones when their armed timer rings next: it is not re-armed. Programs that set their own values on a socket are not reached at all, nor are sockets without SO_KEEPALIVE.',
    ],
    rows: [
      ['see', 'holdfast tcp show; sysctl net.ipv4.tcp_keepalive_time'],
      ['set', 'holdfast tcp set --time 600 --interval 60 --probes 20 --persist'],
      ['take back', 'holdfast tcp undo'],
    ],
    sources: ['man 7 tcp', 'sysctl.d(5)', 'measured: 20 s to 3 s, first probe after 20 s'],
  },
];
