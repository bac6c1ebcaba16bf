/**
 * Three network namespaces for the kernel's TCP timers: client, router, server, without NAT and ssh. What the router does with
 * packets to the server is said port by port, so that many cases run side by side.
 */
import { fileURLToPath } from 'node:url';
import { Watched } from './client.js';
import { program } from './parts.js';
import { Namespace } from './place.js';

export const address = { client: '10.78.1.2', server: '10.78.2.2' } as const;

/** What happens to packets on their way to the server. */
export type Fate = 'pass' | 'drop' | 'reset' | 'unreachable';

const verdicts: Readonly<Record<Exclude<Fate, 'pass'>, string>> = {
  drop: 'drop',
  reset: 'reject with tcp reset',
  unreachable: 'reject with icmp type host-unreachable',
};

export interface Peer {
  readonly port: number;
  readonly kind: 'echo' | 'deaf' | 'mute';
}

export class TcpLab {
  readonly client: Namespace;
  readonly router: Namespace;
  readonly server: Namespace;
  readonly #fates = new Map<number, Fate>();

  private constructor(client: Namespace, router: Namespace, server: Namespace) {
    this.client = client;
    this.router = router;
    this.server = server;
  }

  /** `settings`: sysctls of the client, files under /proc/sys/net. */
  static async open(
    settings: Readonly<Record<string, string | number>>,
    peers: readonly Peer[],
  ): Promise<TcpLab> {
    const [client, router, server] = await Promise.all([
      Namespace.open(settings),
      Namespace.open({ 'ipv4/ip_forward': 1, 'ipv4/icmp_ratelimit': 0 }),
      Namespace.open(),
    ]);
    const lab = new TcpLab(client, router, server);
    try {
      await ip(router, [
        'link set lo up',
        `link add rc type veth peer name eth0 netns ${client.pid}`,
        `link add rs type veth peer name eth0 netns ${server.pid}`,
        'addr add 10.78.1.1/24 dev rc',
        'addr add 10.78.2.1/24 dev rs',
        'link set rc up',
        'link set rs up',
      ]);
      for (const [place, own, gateway] of [
        [client, address.client, '10.78.1.1'],
        [server, address.server, '10.78.2.1'],
      ] as const) {
        await ip(place, [
          'link set lo up',
          `addr add ${own}/24 dev eth0`,
          'link set eth0 up',
          `route add default via ${gateway}`,
        ]);
      }
      await lab.#rules();
      const script = fileURLToPath(new URL('./tcppeers.mjs', import.meta.url));
      const args = [script, address.server, ...peers.map(({ port, kind }) => `${port}:${kind}`)];
      const child = new Watched(server.spawn(process.execPath, args, { stdio: 'pipe' }));
      await child.says('listening');
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** From now on. */
  async fate(ports: Readonly<Record<number, Fate>>): Promise<void> {
    for (const [port, fate] of Object.entries(ports)) this.#fates.set(Number(port), fate);
    await this.#rules();
  }

  /** A client of its own process, connected: what is written to its stdin goes to the server. */
  connect(port: number, options: readonly string[]): Watched {
    const target = [`TCP4:${address.server}:${port}`, ...options].join(',');
    return new Watched(this.client.spawn(program('socat'), ['-d', target, '-'], { stdio: 'pipe' }));
  }

  async close(): Promise<void> {
    await Promise.all([this.client.close(), this.router.close(), this.server.close()]);
  }

  async #rules(): Promise<void> {
    const rules = [...this.#fates].flatMap(([port, fate]) =>
      fate === 'pass' ? [] : [`add rule ip lab fate iifname "rc" tcp dport ${port} ${verdicts[fate]}`],
    );
    const chain = 'add chain ip lab fate { type filter hook forward priority 0; policy accept; }';
    const script = ['add table ip lab', chain, 'flush chain ip lab fate', ...rules];
    await this.router.must(program('nft'), ['-f', '-'], { input: `${script.join('\n')}\n` });
  }
}

async function ip(place: Namespace, lines: readonly string[]): Promise<void> {
  await place.must(program('ip'), ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}
