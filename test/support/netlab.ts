/**
 * A small internet in three network namespaces, with the faults that happen to tunnels:
 *
 *     client                router (NAT)               server
 *     10.77.1.2 --veth-- 10.77.1.1 | 10.77.2.1 --veth-- 10.77.2.2
 *                       nftables, conntrack             sshd :2222, echo :7007, HTTP :8080
 *
 * The namespaces have no names and the addresses exist only inside them, so any number of labs live side
 * by side. All of it ends with `close()`, and with this process if it dies first (guard.ts). A fault is
 * one process to start, some 10 ms.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './guard.js';
import { program } from './parts.js';
import { type ExecOptions, type Finished, Namespace } from './place.js';
import { type KeyType, Sshd } from './sshd.js';

/** Where things are. */
export const net = {
  client: '10.77.1.2',
  routerInside: '10.77.1.1',
  routerOutside: '10.77.2.1',
  server: '10.77.2.2',
  sshPort: 2222,
  echoPort: 7007,
  httpPort: 8080,
  /** The server's name server. Nothing answers there, so a lookup in the server hangs for 10 s. */
  silentDns: '10.77.9.53',
} as const;

/** Which packets a black hole swallows. */
export type Direction = 'both' | 'toServer' | 'toClient';

/** A request that the HTTP service of the server got: its path without the first slash, and when (Date.now). */
export interface Served {
  marker: string;
  at: number;
}

const ruleset = `table ip lab {
  chain hole { }
  chain off { }
  chain raw {
    type filter hook prerouting priority -300; policy accept;
    ip daddr 10.77.9.0/24 drop
    jump hole
    jump off
  }
  chain late { }
  chain forward { type filter hook forward priority 0; policy accept; jump late; }
  chain input { type filter hook input priority 0; policy accept; jump late; }
  chain post { type nat hook postrouting priority 100; policy accept; oifname "rs" masquerade; }
}
`;

const holes: Readonly<Record<Direction, string>> = {
  both: 'add rule ip lab hole iifname { "rc", "rs" } drop',
  toServer: 'add rule ip lab hole iifname "rc" drop',
  toClient: 'add rule ip lab hole iifname "rs" drop',
};
const noHole = 'flush chain ip lab hole';

export interface NetlabOptions {
  /** Lines of sshd_config; see SshdOptions. */
  config?: readonly string[];
  hostKeys?: readonly KeyType[];
}

/** The lab. Made by {@link openNetlab}. */
export class Netlab {
  readonly client: Namespace;
  readonly router: Namespace;
  #server: Namespace | undefined;
  #sshd: Sshd | undefined;
  readonly #options: NetlabOptions;
  readonly #dir: string;
  readonly #remove: () => void;
  /** The client's address at the moment. */
  clientAddress: string = net.client;

  constructor(client: Namespace, router: Namespace, options: NetlabOptions) {
    const { dir, remove } = scratch('lab');
    this.client = client;
    this.router = router;
    this.#options = options;
    this.#dir = dir;
    this.#remove = remove;
  }

  /** The server's namespace; another one after each power-on. */
  get server(): Namespace {
    if (this.#server === undefined) throw new Error('the server has no power');
    return this.#server;
  }

  /** The server's sshd: its log, its key, its known_hosts, freeze and restart. */
  get sshd(): Sshd {
    if (this.#sshd === undefined) throw new Error('the lab is not open');
    return this.#sshd;
  }

  /** How many logins the server accepted so far, power cycles included. */
  logins(): number {
    return this.sshd.logins();
  }

  /** What the HTTP service was asked for, in order, power cycles included. */
  served(): Served[] {
    const file = path.join(this.#dir, 'served');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Served);
  }

  /** Runs OpenSSH's client in the client namespace: `ssh('-N', '-L', ...)` as a list for `client.spawn`. */
  ssh(...options: readonly string[]): [string, string[]] {
    return [program('ssh'), this.sshd.sshArgs(...options)];
  }

  /** Asks the HTTP service from the client namespace with curl; `url` is any address the client reaches. */
  curl(url: string, ...options: readonly string[]): Promise<Finished> {
    return this.client.exec(program('curl'), ['-sS', '--noproxy', '*', '--max-time', '15', ...options, url]);
  }

  // Faults. Each one stays until it is taken back.

  /** The router swallows packets without a word, or does so no more. */
  async blackhole(on: boolean, direction: Direction = 'both'): Promise<void> {
    await this.#nft(on ? `${noHole}\n${holes[direction]}` : noHole);
  }

  /** Every established SSH connection is reset: a RST reaches the client, and the server's side is gone. */
  async reset(): Promise<void> {
    const args = ['-K', '-H', '-t', 'state', 'established', 'sport', '=', `:${net.sshPort}`];
    const killed = await this.server.must(program('ss'), args);
    if (killed.trim() === '') throw new Error('no connection was there to reset');
  }

  /**
   * The NAT forgets its connections. A packet of a forgotten one is dropped without a word, or answered
   * with a RST, both ways; new connections pass. Holds for later forgotten ones too.
   */
  async forget(late: 'silent' | 'rst'): Promise<void> {
    const verdict = late === 'silent' ? 'drop' : 'reject with tcp reset';
    const rule = `flush chain ip lab late\nadd rule ip lab late ip protocol tcp ct state invalid ${verdict}`;
    const script = `${program('nft')} -f - && exec ${program('conntrack')} -F`;
    await this.router.must('sh', ['-c', script], { input: rule });
  }

  /**
   * From now on the NAT forgets a connection that was idle for so long. `late`: what a packet meets then; `loose`, as Linux
   * is shipped: one from inside is taken for a new connection and passes, one from outside belongs to nobody.
   */
  async forgetAfter(seconds: number, late: 'silent' | 'rst' | 'loose'): Promise<void> {
    const rule = late === 'rst' ? 'reject with tcp reset' : 'drop';
    const rules = late === 'loose' ? '' : `add rule ip lab late ip protocol tcp ct state invalid ${rule}`;
    const settings = [`tcp_timeout_established=${seconds}`, `tcp_loose=${late === 'loose' ? 1 : 0}`];
    const writes = settings.map((line) => {
      const [name, value] = line.split('=');
      return `echo ${value} > /proc/sys/net/netfilter/nf_conntrack_${name}`;
    });
    const script = [...writes, `${program('nft')} -f -`].join(' && ');
    await this.router.must('sh', ['-c', script], { input: `flush chain ip lab late\n${rules}` });
  }

  /** The server loses its power: no FIN, no RST; nothing answers at its address. */
  async powerOff(): Promise<void> {
    // A router next to the server would soon say "host unreachable"; one further away says nothing.
    const rules = `add rule ip lab off ip daddr ${net.server} drop`;
    const script = `${program('nft')} -f - && exec ${program('ip')} link del rs`;
    await this.router.must('sh', ['-c', script], { input: rules });
    await this.server.close();
    this.#server = undefined;
    this.sshd.lost();
  }

  /** The server comes back with the same address and keys, and remembers no connection. */
  async powerOn(): Promise<void> {
    const server = await Namespace.open();
    this.#server = server;
    await ipBatch(this.router, [
      `link add rs type veth peer name eth0 netns ${server.pid}`,
      `addr add ${net.routerOutside}/24 dev rs`,
      'link set rs up',
    ]);
    await ipBatch(server, [
      'link set lo up',
      `addr add ${net.server}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${net.routerOutside}`,
    ]);
    this.#sshd ??= new Sshd(
      {
        ...this.#options,
        address: net.server,
        files: {
          '/etc/resolv.conf': `nameserver ${net.silentDns}\noptions timeout:5 attempts:2\n`,
          '/etc/hosts': '127.0.0.1 localhost\n10.77.2.2 server.lab\n',
        },
        // Read at each start: the namespace is another one after a power cycle.
        place: { spawn: (...args) => this.server.spawn(...args) },
      },
      net.sshPort,
    );
    await Promise.all([this.#sshd.start(), this.#startService(server)]);
    await this.#nft('flush chain ip lab off');
  }

  /** The client's cable is pulled. Its address stays, its routes go. */
  async linkDown(): Promise<void> {
    await ipBatch(this.client, ['link set eth0 down']);
  }

  /** The cable is back, with the route. */
  async linkUp(): Promise<void> {
    await ipBatch(this.client, ['link set eth0 up', `route replace default via ${net.routerInside}`]);
  }

  /** The client gets another address, as after a change of network; sockets of the old one are orphans. */
  async moveClient(address = '10.77.1.3'): Promise<void> {
    const old = this.clientAddress;
    this.clientAddress = address;
    await ipBatch(this.client, [
      `addr del ${old}/24 dev eth0`,
      `addr add ${address}/24 dev eth0`,
      `route replace default via ${net.routerInside}`,
    ]);
  }

  /** Takes back every fault of the network: holes, late packets, link. Power and sshd stay as they are. */
  async heal(): Promise<void> {
    await Promise.all([this.#nft(`${noHole}\nflush chain ip lab late`), this.linkUp()]);
  }

  /** Ends all of it. */
  async close(): Promise<void> {
    await Promise.all([this.client.close(), this.router.close(), this.#server?.close()]);
    this.#server = undefined;
    this.#sshd?.lost();
    await this.#sshd?.stop();
    this.#remove();
  }

  async #startService(server: Namespace): Promise<void> {
    const script = fileURLToPath(new URL('./service.mjs', import.meta.url));
    const ports = [String(net.echoPort), String(net.httpPort)];
    // On all addresses: a forward may name 127.0.0.1, localhost or the server's own address.
    const args = [script, '0.0.0.0', ...ports, path.join(this.#dir, 'served')];
    const child = server.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`the service ended with ${code}`)));
    });
  }

  async #nft(rules: string): Promise<void> {
    await this.router.must(program('nft'), ['-f', '-'], { input: rules });
  }

  /** Builds router and client; the server follows with its first power-on. */
  static async open(options: NetlabOptions): Promise<Netlab> {
    const [client, router] = await Promise.all([Namespace.open(), Namespace.open({ 'ipv4/ip_forward': 1 })]);
    const lab = new Netlab(client, router, options);
    try {
      await ipBatch(router, [
        'link set lo up',
        `link add rc type veth peer name eth0 netns ${client.pid}`,
        `addr add ${net.routerInside}/24 dev rc`,
        'link set rc up',
      ]);
      await ipBatch(client, [
        'link set lo up',
        `addr add ${net.client}/24 dev eth0`,
        'link set eth0 up',
        `route add default via ${net.routerInside}`,
      ]);
      await lab.#nft(ruleset);
      // No connection is picked up in its middle (a NAT cannot), and none is judged by its window: after
      // a hole the router would otherwise call healthy packets invalid.
      const settings = ['nf_conntrack_tcp_loose=0', 'nf_conntrack_tcp_be_liberal=1'].map((line) =>
        line.split('='),
      );
      const writes = settings.map(([name, value]) => `echo ${value} > /proc/sys/net/netfilter/${name}`);
      await router.must('sh', ['-c', writes.join(' && ')]);
      await lab.powerOn();
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }
}

async function ipBatch(place: Namespace, lines: readonly string[]): Promise<void> {
  const options: ExecOptions = { input: `${lines.join('\n')}\n` };
  await place.must(program('ip'), ['-batch', '-'], options);
}

/** Builds a lab, in under a second. Call {@link Netlab.close} in afterAll. */
export function openNetlab(options: NetlabOptions = {}): Promise<Netlab> {
  return Netlab.open(options);
}
