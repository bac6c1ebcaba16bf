import type { MiddleboxRow } from './middlebox.js';

/** Firewalls, routers, home gateways and what carriers run. */
export const devices: readonly MiddleboxRow[] = [
  {
    name: 'rfc-nat',
    vendor: 'IETF',
    product: 'RFC 5382 REQ-5 (minimum a conforming NAT may use)',
    idleMs: 7_440_000,
    source: 'RFC 5382 section 5, REQ-5; BCP 127 updated by RFC 7857',
    confidence: 'verified',
    // 2 h 4 min = 2 h keepalive + 4 min. Most products below do not conform.
  },
  {
    name: 'cisco-asa',
    vendor: 'Cisco',
    product: 'ASA / Firepower Threat Defense, conn',
    idleMs: 3_600_000,
    source:
      'https://cisco.com/c/en/us/support/docs/security/secure-firewall-asa/222075-configure-connection-timeout-for-specifi.html ; https://docs.defenseorchestrator.com/cdfmc/t_configure_global_timeouts_fptd.html',
    confidence: 'verified',
    // NAT xlate slot 3 h; changed values apply to new connections.
  },
  {
    vendor: 'Cisco',
    product: 'ASA half-closed',
    idleMs: 600_000,
    concerns: 'reference',
    source: 'as for ASA, conn',
    confidence: 'verified',
  },
  {
    name: 'fortigate',
    vendor: 'Fortinet',
    product: 'FortiGate session-ttl',
    idleMs: 3_600_000,
    source: 'https://docs.fortinet.com/document/fortigate/6.0.0/cli-reference/476602 ; 7.4 CLI reference',
    confidence: 'verified',
  },
  {
    name: 'palo-alto',
    vendor: 'Palo Alto',
    product: 'PAN-OS TCP session',
    idleMs: 3_600_000,
    source: 'https://docs.paloaltonetworks.com/ngfw/networking/session-settings-and-timeouts',
    confidence: 'verified',
  },
  {
    name: 'juniper-srx',
    vendor: 'Juniper',
    product: 'SRX TCP session',
    idleMs: 1_800_000,
    source:
      'https://www.juniper.net/documentation/software/junos-security/junos-security10.3/junos-security-swconfig-security/topic-41683.html',
    confidence: 'verified',
  },
  {
    name: 'cgnat',
    vendor: 'Juniper',
    product: 'MX services interface (CGNAT) inactivity-timeout',
    idleMs: 30_000,
    source:
      'https://juniper.net/documentation/en_US/junos13.1/topics/usage-guidelines/services-configuring-default-timeout-settings-for-services-interfaces.html',
    confidence: 'verified',
    // A default CGNAT can be as short as 30 s.
  },
  {
    name: 'huawei-usg',
    vendor: 'Huawei',
    product: 'USG firewall TCP session',
    idleMs: 1_200_000,
    source: 'https://www.cnblogs.com/JacobJacob/p/19877530 (display firewall session aging-time)',
    confidence: 'secondary',
  },
  {
    name: 'check-point',
    vendor: 'Check Point',
    product: 'TCP session timeout',
    idleMs: 3_600_000,
    source: 'SmartConsole Stateful Inspection default',
    confidence: 'unconfirmed',
  },
  {
    name: 'sonicwall',
    vendor: 'SonicWall',
    product: 'TCP connection inactivity timeout',
    idleMs: 900_000,
    source: 'SonicOS firewall access-rule default (15 min)',
    confidence: 'unconfirmed',
  },
  {
    name: 'f5',
    vendor: 'F5',
    product: 'BIG-IP TCP profile idle-timeout',
    idleMs: 300_000,
    refreshedBy: 'payload',
    source: 'tmsh ltm profile tcp reference',
    confidence: 'unconfirmed',
  },
  {
    name: 'pf',
    vendor: 'OpenBSD/FreeBSD',
    product: 'pf, optimization normal (also pfSense, OPNsense)',
    idleMs: 86_400_000,
    source:
      'pf.conf(5); published pfctl -st output https://pastebin.com/FdEYvTfc ; https://openbsd.org/faq/pf/options.html',
    confidence: 'verified',
    // Aggressive 18000 s, conservative 432000 s (unconfirmed).
  },
  {
    name: 'linux',
    vendor: 'Linux',
    product: 'nf_conntrack tcp established',
    idleMs: 432_000_000,
    source: 'docs.kernel.org/networking/nf_conntrack-sysctl.html; and measured',
    confidence: 'verified',
  },
  {
    vendor: 'Linux',
    product: 'nf_conntrack tcp unacknowledged / max_retrans',
    idleMs: 300_000,
    concerns: 'reference',
    source: 'nf_conntrack sysctl defaults (300 s)',
    confidence: 'verified',
    // Data in flight with no ACK shortens the entry's life to 5 min.
  },
  {
    name: 'openwrt',
    vendor: 'OpenWrt',
    product: 'nf_conntrack tcp established',
    idleMs: 7_440_000,
    source: 'openwrt package/kernel/linux/files/sysctl-nf-conntrack.conf',
    confidence: 'verified',
  },
  {
    name: 'mikrotik',
    vendor: 'MikroTik',
    product: 'RouterOS tcp-established-timeout',
    idleMs: 86_400_000,
    source: "RouterOS 'ip firewall connection tracking' exports",
    confidence: 'verified',
  },
  {
    name: 'home-router',
    vendor: 'home gateways',
    product: '34 models measured 2010 (Hatonen et al., IMC 2010)',
    idleMs: 239_000,
    source:
      "https://www.cs.helsinki.fi/group/wiseciti/nat-study/ (paper; numbers unconfirmed: shortest 239 s, median about 60 min, more than half below RFC 5382's 124 min, several above 24 h)",
    confidence: 'unconfirmed',
    // The time is the minimum found.
  },
  {
    name: 'mobile-carrier',
    vendor: 'mobile carriers',
    product: 'NetPiculet, more than 100 cellular ISPs (Wang et al., SIGCOMM 2011)',
    idleMs: 300_000,
    source:
      "https://dl.acm.org/doi/10.1145/2018436.2018479 (abstract verified; 'some carriers time out idle TCP in < 5 min' unconfirmed)",
    confidence: 'unconfirmed',
    // Treat 300 s as the planning value; measure.
  },
];
