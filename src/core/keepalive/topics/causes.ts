import type { Topic } from './topic.js';

/** What happens to peers and paths, and how it shows. */
export const causeTopics: readonly Topic[] = [
  {
    name: 'peer',
    aliases: ['states', 'four-states', 'peers', 'half-open'],
    title: 'The four states of the peer, and what a probe meets',
    says: [
      'A connection that says nothing never changes by itself: a crash of the peer, a lost NAT entry or a pulled cable goes unnoticed until something is sent, or for ever. That is also why it survives the crash of a router between two ends that keep still.',
      'States 2 and 4 look the same to one socket: silence. Probes to the gateway, another port and another host tell them apart.',
    ],
    rows: [
      ['1 up', 'answers; the program notices nothing; the idle time begins anew'],
      ['2 down', 'no answer; after the last probe ETIMEDOUT'],
      ['3 restarted', 'answers with a reset: it knows no such connection; ECONNRESET'],
      [
        '4 unreachable',
        'as 2. ICMP errors are ignored for an idle probe on Linux; with data in flight they become the error in the end (EHOSTUNREACH, ENETUNREACH)',
      ],
      ['closed', 'no fifth state: an orderly end sends a FIN, and the reader sees the end at once'],
      ['frozen', 'up, for TCP: its kernel answers probes while its program is stopped'],
    ],
    sources: ['RFC 1122 4.2.3.6', 'Stevens, TCP/IP Illustrated 1, chapter 23', 'measured with Linux 6.18'],
  },
  {
    name: 'errors',
    aliases: ['errno', 'etimedout', 'econnreset', 'epipe', 'ehostunreach', 'enetunreach'],
    title: 'What a program reads when its peer is gone',
    says: [
      'select() says readable and recv() fails, once; afterwards there is the end, and writing gives EPIPE. ssh throws the number away: both time-out and reset print "Broken pipe". Only its heartbeat ("Timeout, server not responding") and a FIN ("closed by remote host") have their own text.',
    ],
    rows: [
      ['ETIMEDOUT', 'no answer: keepalive, user timeout or retransmission gave up; peer down or path cut'],
      ['ECONNRESET', 'after silence: the peer restarted, or a NAT or firewall that forgot answered for it'],
      ['EHOSTUNREACH', 'a router said so while data was in flight'],
      ['ENETUNREACH', 'the same, of a whole network'],
      ['EPIPE', 'written after one of these was read'],
      ['end of file', 'the peer closed'],
    ],
    sources: ['man 7 tcp', 'man 7 ip', 'measured with Linux 6.18 and OpenSSH 9.2'],
  },
  {
    name: 'nat',
    aliases: ['firewall', 'timeout', 'timeouts', 'idle-timeout', 'load-balancer'],
    title: 'NATs and firewalls forget connections that say nothing',
    says: [
      "A NAT keeps a table of ports and must forget entries. RFC 5382 asks for 2 h 4 min at least, so that a keepalive of 2 h passes; most products forget far earlier: 350 s in AWS, 240 s in Azure, an hour in many firewalls, 30 s in some carriers' NATs.",
      'After that the next packet is dropped without a word, answered with a reset, or taken for the beginning of the connection (Linux, loose). A drop lasts until tcp_retries2 gives up.',
      'Three remedies: a longer time in the middlebox, where it is yours; keepalive below its time; a heartbeat of the program, which is also the only one that crosses a proxy.',
      '`holdfast tcp explain 60 10 6` says which known middleboxes these values outlive.',
    ],
    rows: [
      ['Linux NAT', '5 days; 300 s while data is unacknowledged'],
      ['AWS', '350 s NAT gateway, NLB, firewall'],
      ['Azure', '240 s load balancer, NAT gateway'],
      ['Google', '600 s VPC, 1200 s Cloud NAT'],
      ['firewalls', '3600 s ASA, FortiGate, PAN-OS; 1800 s SRX'],
      ['carriers', 'from 30 s'],
    ],
    sources: [
      'RFC 5382 REQ-5, RFC 7857',
      'holdfast tcp explain 15 5 3 --json: each middlebox with its source',
    ],
  },
  {
    name: 'proxy',
    aliases: ['proxies', 'proxyjump', 'haproxy', 'payload'],
    title: 'TCP keepalive ends at the first proxy',
    says: [
      'A proxy that ends TCP answers probes itself. Its own idle time counts payload alone, so it cuts a connection in spite of answered probes, and what is behind it is never reached. The same goes for ProxyJump: each hop has its own TCP.',
      'A heartbeat of the program is payload and crosses all of them: ServerAliveInterval of ssh does.',
    ],
    rows: [
      ['only payload counts', 'HAProxy, nginx, Envoy, AWS ALB and Global Accelerator, Cloudflare, IAP'],
      ['packets count', 'NATs, firewalls, AWS NLB (TCP), Azure load balancer'],
    ],
    sources: ['measured with a proxy of 6 s', "the products' own pages; holdfast tcp explain 15 5 3 --json"],
  },
  {
    name: 'outage',
    aliases: ['false-positive', 'false-kill', 'contested', 'short-outage'],
    title: 'Keepalive can end a connection that would have come back',
    says: [
      'RFC 1122 gives three reasons against it: it may end good connections in a short outage, costs traffic, and money where packets are paid for. It ends an idle connection when all its probes are lost, also when the path is well again before the end. So an outage shorter than interval x (probes - 1) never does, one of idle + interval x (probes - 1) always does; with one probe, a single lost packet.',
      'After an outage of L seconds with data in flight the old connection stays silent for up to about L seconds more (retransmission pauses double), while a new one works at once.',
      'So: let suspicion be cheap and death rare. holdfast run opens a second connection on suspicion and keeps the first.',
    ],
    rows: [],
    sources: ['RFC 1122 4.2.3.6', 'measured with OpenSSH 9.2 and Linux 6.18'],
  },
];
