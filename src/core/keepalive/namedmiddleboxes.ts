import type { Middlebox } from './middleboxes/middlebox.js';
import { middleboxesOnPath } from './middleboxes.js';

type KnownMiddlebox = Middlebox & { readonly idleMs: number };

/** Short names, for the command line, of middleboxes that a plain ssh connection can meet: vendor and beginning of the product. */
const rows: readonly (readonly [name: string, vendor: string, product: string])[] = [
  ['aws-nat', 'AWS', 'NAT Gateway'],
  ['aws-nlb', 'AWS', 'Network Load Balancer, TCP'],
  ['aws-nlb-tls', 'AWS', 'Network Load Balancer, TLS'],
  ['aws-gwlb', 'AWS', 'Gateway Load Balancer'],
  ['aws-clb', 'AWS', 'Classic Load Balancer'],
  ['aws-accelerator', 'AWS', 'Global Accelerator'],
  ['aws-firewall', 'AWS', 'Network Firewall'],
  ['aws-ec2-nitro6', 'AWS', 'EC2 security-group connection tracking on Nitro v6'],
  ['aws-ssm', 'AWS', 'SSM'],
  ['azure-lb', 'Azure', 'Load Balancer'],
  ['azure-nat', 'Azure', 'NAT Gateway'],
  ['azure-ip', 'Azure', 'Instance public IP'],
  ['azure-firewall', 'Azure', 'Azure Firewall'],
  ['gcp-firewall', 'Google Cloud', 'VPC firewall'],
  ['gcp-nat', 'Google Cloud', 'Cloud NAT'],
  ['gcp-iap', 'Google Cloud', 'IAP'],
  ['gcp-proxy-lb', 'Google Cloud', 'External proxy'],
  ['oracle-lb', 'Oracle Cloud', 'Load Balancer'],
  ['oracle-nlb', 'Oracle Cloud', 'Network Load Balancer'],
  ['ibm-gateway', 'IBM Cloud', 'VPC public gateway'],
  ['alibaba-clb', 'Alibaba Cloud', 'SLB'],
  ['tencent-clb', 'Tencent Cloud', 'CLB'],
  ['huawei-elb', 'Huawei Cloud', 'ELB'],
  ['home-router', 'home gateways', ''],
  ['mobile-carrier', 'mobile carriers', ''],
  ['cgnat', 'Juniper', 'MX services'],
  ['rfc-nat', 'IETF', 'RFC 5382'],
  ['cisco-asa', 'Cisco', 'ASA'],
  ['fortigate', 'Fortinet', 'FortiGate'],
  ['palo-alto', 'Palo Alto', 'PAN-OS'],
  ['juniper-srx', 'Juniper', 'SRX'],
  ['huawei-usg', 'Huawei', 'USG'],
  ['check-point', 'Check Point', 'TCP'],
  ['sonicwall', 'SonicWall', 'TCP'],
  ['f5', 'F5', 'BIG-IP'],
  ['pf', 'OpenBSD/FreeBSD', 'pf'],
  ['mikrotik', 'MikroTik', 'RouterOS'],
  ['openwrt', 'OpenWrt', 'nf_conntrack'],
  ['linux', 'Linux', 'nf_conntrack tcp established'],
  ['winnat', 'Microsoft', 'WinNAT'],
  ['kube-proxy', 'Kubernetes', 'kube-proxy'],
  ['ipvs', 'Kubernetes / Docker Swarm', 'IPVS'],
  ['haproxy-debian', 'HAProxy', 'Debian'],
  ['haproxy-rhel', 'HAProxy', 'RHEL'],
  ['nginx', 'nginx', 'stream'],
  ['envoy', 'Envoy', 'tcp_proxy'],
];

/** By name, the shortest time first. */
export const namedMiddleboxes: ReadonlyMap<string, KnownMiddlebox> = new Map(
  rows
    .flatMap(([name, vendor, product]): readonly (readonly [string, KnownMiddlebox])[] => {
      const middlebox = middleboxesOnPath.find(
        (each) => each.vendor === vendor && each.product.startsWith(product),
      );
      return middlebox ? [[name, middlebox]] : [];
    })
    .sort(([, a], [, b]) => a.idleMs - b.idleMs),
);

/** How many names are in the table; a name whose middlebox is gone would be missing above. */
export const namesInTable = rows.length;
