/** Options by which somebody forbids something: at a real sshd, side by side with ssh, which is the judge. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OptionValue } from '../../src/core/request/tunneloptions.js';
import { FailureError, type FailureKind, openTunnel } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { scratch } from '../support/guard.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { echo, type Service } from '../support/streams.js';
import { until } from '../support/until.js';

type Options = Readonly<Record<string, OptionValue>>;

const { dir, remove } = scratch('restrictions');
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(remove);

const words = (options: Options) =>
  Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);

/** Does ssh get in, and run a command? */
async function sshEnters(sshd: Sshd, options: Options): Promise<boolean> {
  const args = [...sshd.sshArgs(...words(options)), 'true'];
  return (await here.exec(program('ssh'), args, { env: { PATH: process.env.PATH ?? '' } })).code === 0;
}

/** The failure of a tunnel with these options; null: it comes up. */
async function refusal(sshd: Sshd, options: Options): Promise<{ kind: FailureKind; message: string } | null> {
  const tunnel = openTunnel(
    tunnelTo(sshd, [{ local: '0:localhost:1' }], {
      maxAttempts: 1,
      options: { IdentitiesOnly: true, StrictHostKeyChecking: 'yes', ...options },
    }),
  );
  try {
    await tunnel.ready;
    return null;
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return { kind: error.kind, message: error.message };
  } finally {
    await tunnel.stop({ now: true });
  }
}

function file(name: string, text: string): string {
  const at = path.join(dir, name);
  writeFileSync(at, text);
  return at;
}

async function keygen(name: string, ...options: readonly string[]): Promise<string> {
  const at = path.join(dir, name);
  await here.must(program('ssh-keygen'), ['-q', '-N', '', '-f', at, ...options]);
  return at;
}

needs('sshd', 'ssh', 'ssh-keygen').describe('what somebody forbids', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'rsa'], config: ['LogLevel DEBUG1'] });
  });
  afterAll(() => sshd?.stop());

  /** What sshd logged while this ran. */
  async function logged(run: () => Promise<unknown>): Promise<string> {
    const from = sshd.log().length;
    await run();
    return sshd.log().slice(from);
  }

  describe('RevokedHostKeys', () => {
    let own = '';
    let other = '';
    beforeAll(async () => {
      own = readFileSync(path.join(sshd.dir, 'known_hosts'), 'utf8').replace(/^\S+ /gm, '');
      other = readFileSync(`${await keygen('other', '-t', 'ed25519')}.pub`, 'utf8');
    });

    it.each<readonly [string, () => string, FailureKind | null, RegExp]>([
      ['the key itself', () => `# gone\n${other}\n${own}`, 'untrusted', /is revoked \(.*:4\)/],
      ['another key', () => other, null, /^$/],
      ['nothing', () => '', null, /^$/],
      ['a line that is no key', () => 'ssh-ed25519 AAAA\n', 'unchecked', /line 1 of it is no public key/],
    ])('a list with %s', async (_name, text, kind, message) => {
      const options = { RevokedHostKeys: file('revoked', text()) };
      const found = await refusal(sshd, options);
      expect(found?.kind ?? null).toBe(kind);
      expect(found?.message ?? '').toMatch(message);
      expect(await sshEnters(sshd, options)).toBe(kind === null);
    });

    it('a list that is not there refuses all keys', async () => {
      const options = { RevokedHostKeys: path.join(dir, 'absent') };
      expect(await refusal(sshd, options)).toMatchObject({
        kind: 'unchecked',
        message: expect.stringContaining(`option RevokedHostKeys ${dir}/absent: `),
      });
      expect(await sshEnters(sshd, options)).toBe(false);
    });

    it('a KRL is refused by its name', async () => {
      const krl = path.join(dir, 'krl');
      await here.must(program('ssh-keygen'), ['-q', '-k', '-f', krl, file('own.pub', own)]);
      expect(await refusal(sshd, { RevokedHostKeys: krl })).toMatchObject({
        kind: 'config',
        message: expect.stringContaining('key revocation list (KRL)'),
      });
      expect(await sshEnters(sshd, { RevokedHostKeys: krl })).toBe(false);
    });

    it('of a hop holds for the hop', async () => {
      const configFile = file(
        'hops',
        `Host gate
  HostName ${sshd.address}
  Port ${sshd.port}
  User ${sshd.user}
  IdentityFile ${sshd.keyPath}
  UserKnownHostsFile ${sshd.knownHostsPath}
  RevokedHostKeys ${file('revoked-gate', own)}
`,
      );
      const tunnel = openTunnel({
        ...tunnelTo(sshd, [{ local: '0:localhost:1' }], { options: { ProxyJump: 'gate' }, maxAttempts: 1 }),
        configFile,
      });
      await expect(tunnel.ready).rejects.toThrow(/is revoked/);
    });
  });

  it('RequiredRSASize holds for the key of the host', async () => {
    const rsa = { HostKeyAlgorithms: 'rsa-sha2-512' };
    for (const [bits, enters] of [
      [2048, true],
      [4096, false],
    ] as const) {
      const options = { ...rsa, RequiredRSASize: bits };
      expect((await refusal(sshd, options)) === null).toBe(enters);
      expect(await sshEnters(sshd, options)).toBe(enters);
    }
    expect(await refusal(sshd, { ...rsa, RequiredRSASize: 4096 })).toMatchObject({
      kind: 'untrusted',
      message: expect.stringMatching(/has 3072 bits; RequiredRSASize wants 4096/),
    });
  });

  describe('of the login', () => {
    let rsaKey = '';
    beforeAll(async () => {
      rsaKey = await keygen('rsa', '-t', 'rsa', '-b', '2048');
      sshd.authorize(readFileSync(`${rsaKey}.pub`, 'utf8'));
    });

    it.each<readonly [string, () => Options, boolean]>([
      ['PubkeyAuthentication no', () => ({ PubkeyAuthentication: 'no' }), false],
      ['PubkeyAuthentication unbound', () => ({ PubkeyAuthentication: 'unbound' }), true],
      ['PreferredAuthentications without it', () => ({ PreferredAuthentications: 'password' }), false],
      ['PreferredAuthentications with it', () => ({ PreferredAuthentications: 'password,publickey' }), true],
      [
        'PubkeyAcceptedAlgorithms of another type',
        () => ({ PubkeyAcceptedAlgorithms: 'rsa-sha2-512' }),
        false,
      ],
      ['PubkeyAcceptedAlgorithms less its own', () => ({ PubkeyAcceptedAlgorithms: '-ssh-ed25519' }), false],
      ['PubkeyAcceptedAlgorithms by a pattern', () => ({ PubkeyAcceptedAlgorithms: 'ssh-ed*' }), true],
    ])('%s', async (_name, options, enters) => {
      const log = await logged(async () => {
        const found = await refusal(sshd, options());
        expect(found?.kind ?? null).toBe(enters ? null : 'denied');
      });
      expect(/publickey/.test(log.replace(/Postponed.*|.*preauth.*methods.*/g, ''))).toBe(enters);
      expect(await sshEnters(sshd, options())).toBe(enters);
    });

    it('RequiredRSASize, of a key', async () => {
      for (const [bits, enters] of [
        [2048, true],
        [3072, false],
      ] as const) {
        const options = { IdentityFile: rsaKey, RequiredRSASize: bits };
        expect((await refusal(sshd, options)) === null).toBe(enters);
      }
      expect((await refusal(sshd, { IdentityFile: rsaKey, RequiredRSASize: 3072 }))?.message).toMatch(
        /has 2048 bits, and RequiredRSASize wants 3072/,
      );
    });

    it.each(['rsa-sha2-256', 'rsa-sha2-512'])('a signature of %s alone', async (name) => {
      const log = await logged(async () =>
        expect(await refusal(sshd, { IdentityFile: rsaKey, PubkeyAcceptedAlgorithms: name })).toBeNull(),
      );
      const used = [...log.matchAll(/pkalg (\S+)/g)].map(([, algorithm]) => algorithm);
      expect(used).not.toEqual([]);
      expect(new Set(used)).toEqual(new Set([name]));
    });
  });

  describe('lists of algorithms', () => {
    const agreed = (log: string) =>
      [
        ...log.matchAll(
          /kex: (algorithm|host key algorithm|client->server cipher|server->client cipher): .*?(?= \[|$)/gm,
        ),
      ]
        .map(([line]) => line.replace('<implicit>', ''))
        .sort();

    it.each<Options>([
      { KexAlgorithms: 'ecdh-sha2-nistp384', Ciphers: 'aes256-ctr', MACs: 'hmac-sha2-512' },
      { KexAlgorithms: '^ecdh-sha2-nistp521', Ciphers: '^aes192-ctr', MACs: '^hmac-sha2-512' },
      {
        KexAlgorithms: '-sntrup*,curve*,mlkem*,ecdh*',
        Ciphers: '-chacha*,aes???-ctr,aes128*',
        MACs: '+hmac-md5',
      },
      {
        KexAlgorithms: 'diffie-hellman-group16-sha512,ecdh-sha2-nistp256',
        Ciphers: 'chacha20-poly1305@openssh.com',
      },
      {
        HostKeyAlgorithms: 'rsa-sha2-256',
        KexAlgorithms: 'curve25519-sha256',
        Ciphers: 'aes128-gcm@openssh.com',
      },
      {
        HostKeyAlgorithms: '^rsa-sha2-512',
        KexAlgorithms: 'curve25519-sha256',
        Ciphers: 'aes128-gcm@openssh.com',
      },
      {
        HostKeyAlgorithms: '-ssh-ed25519',
        KexAlgorithms: 'curve25519-sha256',
        Ciphers: 'aes128-gcm@openssh.com',
      },
    ])('%o', async (options) => {
      const ours = agreed(await logged(async () => expect(await refusal(sshd, options)).toBeNull()));
      const theirs = agreed(await logged(async () => expect(await sshEnters(sshd, options)).toBe(true)));
      expect(ours.length).toBeGreaterThan(3);
      expect(ours).toEqual(theirs);
    });

    it('with none that holdfast has are refused, and both lists are named', async () => {
      const found = await refusal(sshd, { MACs: 'umac-64@openssh.com,umac-128@openssh.com' });
      expect(found).toMatchObject({ kind: 'usage' });
      expect(found?.message).toMatch(
        /^option MACs umac-64@openssh.com,umac-128@openssh.com: holdfast has none of these; want some of hmac-sha2-256-etm/,
      );
    });

    it('let in what is old: HostKeyAlgorithms +ssh-rsa', async () => {
      const old = await startSshd({ hostKeys: ['rsa'], config: ['HostKeyAlgorithms ssh-rsa'] });
      closing.push(() => old.stop());
      expect((await refusal(old, {}))?.kind).toBe('incompatible');
      expect(await refusal(old, { HostKeyAlgorithms: '+ssh-rsa' })).toBeNull();
      expect(await sshEnters(old, { HostKeyAlgorithms: '+ssh-rsa' })).toBe(true);
    });
  });

  it('StreamLocalBindMask: the socket has the permissions that ssh gives it', async () => {
    for (const mask of ['0111', '0177', '0000', '0137']) {
      const [ours, theirs] = [path.join(dir, `h${mask}`), path.join(dir, `s${mask}`)];
      const tunnel = openTunnel(
        tunnelTo(sshd, [{ local: `${ours}:localhost:1` }], { options: { StreamLocalBindMask: mask } }),
      );
      closing.push(() => tunnel.stop({ now: true }));
      await tunnel.ready;
      const forward = ['-N', '-L', `${theirs}:localhost:1`];
      const ssh = here.spawn(
        program('ssh'),
        sshd.sshArgs(...words({ StreamLocalBindMask: mask }), ...forward),
      );
      closing.push(() => ssh.kill());
      const mode = (at: string) => statSync(at, { throwIfNoEntry: false })?.mode;
      await until('ssh listens', () => mode(theirs) !== undefined);
      expect(mode(ours)).toBe(mode(theirs));
    }
  });

  describe('PermitRemoteOpen', () => {
    let service: Service;
    beforeAll(async () => {
      service = echo();
      await service.listen();
    });
    afterAll(() => service?.close());

    /** The reply code of SOCKS 5 at this port; null: the connection ended without one. */
    async function reply(at: number, host: string, port: number): Promise<number | null> {
      const socket: Socket = connect(at, '127.0.0.1');
      closing.push(() => socket.destroy());
      let got = Buffer.alloc(0);
      let over = false;
      socket.on('data', (chunk) => (got = Buffer.concat([got, chunk])));
      socket
        .on('error', () => {})
        .on('close', () => (over = true))
        .on('end', () => (over = true));
      socket.write(Buffer.from([5, 1, 0]));
      await until('the greeting', () => got.length >= 2 || over);
      const name = Buffer.from(host);
      socket.write(Buffer.from([5, 1, 0, 3, name.length, ...name, port >> 8, port & 255]));
      await until('the reply', () => got.length >= 4 || over);
      return got[3] ?? null;
    }

    it.each<readonly [string, Readonly<Record<string, boolean>>]>([
      ['any', { '127.0.0.1': true, localhost: true }],
      ['none', { '127.0.0.1': false, localhost: false }],
      ['127.0.0.1:PORT', { '127.0.0.1': true, localhost: false }],
      ['localhost:PORT', { '127.0.0.1': false, localhost: true, LOCALHOST: false }],
      ['localhost:*', { '127.0.0.1': false, localhost: true }],
      ['*:PORT', { '127.0.0.1': true, localhost: true }],
      ['*:1 localhost:1', { '127.0.0.1': false, localhost: false }],
      ['127.*:PORT', { '127.0.0.1': false }],
    ])('%s', async (pattern, targets) => {
      const value = pattern.replace('PORT', String(service.port));
      const tunnel = openTunnel(
        tunnelTo(sshd, [{ remote: '0' }], { options: { PermitRemoteOpen: value.split(' ') } }),
      );
      closing.push(() => tunnel.stop({ now: true }));
      await tunnel.ready;
      const ours = tunnel.snapshot().forwards[0]?.port ?? 0;
      const theirs = await freePort();
      const forward = ['-N', '-R', String(theirs)];
      const ssh = here.spawn(program('ssh'), sshd.sshArgs('-o', `PermitRemoteOpen=${value}`, ...forward));
      closing.push(() => ssh.kill());
      await until('ssh listens', () =>
        sshd.log().includes(`Local forwarding listening on 127.0.0.1 port ${theirs}.`),
      );
      for (const [host, passes] of Object.entries(targets)) {
        expect([host, (await reply(ours, host, service.port)) === 0]).toEqual([host, passes]);
        expect([host, (await reply(theirs, host, service.port)) === 0]).toEqual([host, passes]);
      }
    });
  });
});
