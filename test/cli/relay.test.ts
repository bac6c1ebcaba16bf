/** `holdfast relay` on loopback: transparent both ways, and it says what ended it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, holdfast, plainEnv, started } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { freePort } from '../support/sshd.js';
import { blocks, digest, echo, Service } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serving(service: Service): Promise<Service> {
  closing.push(() => service.close());
  return service.listen();
}

/** A relay to a port of this machine, its output as text. Without options it asks for nothing that koffi would be needed for. */
function relaying(port: number, ...options: readonly string[]) {
  const asked = options.length === 0 ? ['--tcp-keepalive=system'] : options;
  const child = started(['relay', ...asked, '127.0.0.1', String(port)]);
  closing.push(() => child.kill());
  return child;
}

const otherSystem = fileURLToPath(new URL('../support/othersystem.cjs', import.meta.url));
const noKoffi = fileURLToPath(new URL('../support/no-koffi.cjs', import.meta.url));

describe('relay is transparent', () => {
  it('1 GB there and back at once, with its checksum', async () => {
    const bytes = 1_000_000_000;
    const { port } = await serving(echo());
    const child = spawn(process.execPath, [bin, 'relay', '127.0.0.1', String(port)], { env: plainEnv() });
    closing.push(() => child.kill('SIGKILL'));
    const hash = createHash('sha1');
    let received = 0;
    let sent = 0;
    let said = '';
    let code: number | null | undefined;
    child.stderr.on('data', (text) => {
      said += text;
    });
    child.once('close', (found) => {
      code = found;
    });
    child.stdout.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      received += chunk.length;
    });
    const pour = async () => {
      for (const part of blocks(7, bytes)) {
        sent += part.length;
        if (!child.stdin.write(part)) await once(child.stdin, 'drain');
      }
      child.stdin.end();
    };
    void pour();
    const begun = performance.now();
    const ended = () => {
      // Whoever has to find out where it stands still wants its own word.
      if (said === '' && performance.now() - begun > 100_000) child.kill('SIGUSR1');
      return code !== undefined;
    };
    await until('its end', ended, {
      withinMs: 110_000,
      everyMs: 100,
      detail: () => `${sent} sent, ${received} received, exit ${child.exitCode}: ${said}`,
    });
    expect({ code, received }).toEqual({ code: 0, received: bytes });
    expect(hash.digest('hex')).toBe(digest(7, bytes));
  }, 120_000);

  it('the end of stdin is FIN; the answer to it still comes', async () => {
    let got = '';
    const { port } = await serving(
      new Service((socket) => {
        socket.on('data', (chunk) => {
          got += String(chunk);
        });
        socket.on('end', () => socket.end(`you said ${got}`));
      }),
    );
    const relay = relaying(port);
    relay.child.stdin?.end('all of it');
    expect(await relay.end()).toBe(0);
    expect(relay.stdout).toBe('you said all of it');
    expect(relay.stderr).toBe('');
  });

  it('the end of the peer closes stdout; what stdin says afterwards still arrives', async () => {
    let got = '';
    const service = await serving(
      new Service((socket) => {
        socket.end('first and last');
        socket.on('data', (chunk) => {
          got += String(chunk);
        });
      }),
    );
    const relay = relaying(service.port);
    let closed = false;
    relay.child.stdout?.once('end', () => {
      closed = true;
    });
    await until('the end of its stdout', () => closed);
    expect(relay.stdout).toBe('first and last');
    expect(relay.ended).toBe(false);
    relay.child.stdin?.write('late ');
    await until('what came late', () => got === 'late ');
    relay.child.stdin?.end('words');
    expect(await relay.end()).toBe(0);
    expect(got).toBe('late words');
    expect(relay.stderr).toBe('');
  });

  it.each(['127.0.0.1', 'localhost'])('from a file, to a file: %s', async (name) => {
    const { dir, remove } = scratch('relay-files');
    closing.push(remove);
    const { port } = await serving(echo());
    const [from, to] = [path.join(dir, 'from'), path.join(dir, 'to')];
    writeFileSync(from, Buffer.concat([...blocks(9, 3_000_000)]));
    const [input, output] = [openSync(from, 'r'), openSync(to, 'w')];
    const child = spawn(process.execPath, [bin, 'relay', name, String(port)], {
      env: plainEnv(),
      stdio: [input, output, 'inherit'],
    });
    for (const fd of [input, output]) closeSync(fd);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(createHash('sha1').update(readFileSync(to)).digest('hex')).toBe(digest(9, 3_000_000));
  });

  it('a reader that does not read holds up its writer alone', async () => {
    let got = 0;
    let wrote = 0;
    const service = await serving(
      new Service((socket) => {
        const part = Buffer.alloc(65_536);
        const more = () => {
          while (wrote < 200 * part.length && socket.write(part)) wrote += part.length;
        };
        socket.on('drain', more);
        more();
        socket.on('data', (chunk) => {
          got += chunk.length;
        });
      }),
    );
    const relay = relaying(service.port);
    relay.child.stdout?.pause();
    relay.child.stdin?.write(Buffer.alloc(5_000_000));
    await until('what was written', () => got === 5_000_000);
    expect(wrote).toBeLessThan(200 * 65_536);
  });

  it('a reader that is gone ends it, without a word', async () => {
    const service = await serving(new Service((socket) => void setImmediate(() => socket.write('unwanted'))));
    const relay = relaying(service.port);
    relay.child.stdout?.destroy();
    await until('the connection', () => service.taken === 1);
    for (const socket of service.sockets) socket.write(Buffer.alloc(1_000_000));
    expect(await relay.end()).toBe(0);
    expect(relay.stderr).toBe('');
  });
});

describe('relay says what ended it', () => {
  it('a port that nobody listens on: ECONNREFUSED, exit 5', async () => {
    const port = await freePort();
    const { code, stderr, stdout } = await holdfast('relay', '127.0.0.1', String(port));
    expect({ code, stderr, stdout }).toEqual({
      code: 5,
      stderr: `holdfast relay: cannot connect to 127.0.0.1 port ${port}: connection refused (ECONNREFUSED)\n`,
      stdout: '',
    });
  });

  it.each([
    ['-4', '::1', 'IPv6 address, and IPv4'],
    ['-6', '127.0.0.1', 'IPv4 address, and IPv6'],
  ])('%s %s: not an address of that family', async (family, name, words) => {
    const { port } = await serving(echo());
    expect(await holdfast('relay', family, name, String(port))).toEqual({
      code: 5,
      stdout: '',
      stderr: `holdfast relay: cannot connect to ${name} port ${port}: it is an ${words} was requested\n`,
    });
  });

  it('a name that does not exist: exit 5, with the name', async () => {
    const { code, stderr } = await holdfast('relay', 'no-such-host.invalid', '22');
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /^holdfast relay: cannot connect to no-such-host\.invalid port 22: .*\(E[A-Z_]+\)\n$/,
    );
  });

  it.each([
    ['nothing before', ''],
    ['data right before, which libuv takes for an end', 'some data'],
  ])('a reset: ECONNRESET, with silence, round trip and amounts; %s', async (_name, before) => {
    const service = await serving(
      new Service((socket) => {
        socket.once('data', () => {
          if (before === '') socket.resetAndDestroy();
          else socket.write(before, () => socket.resetAndDestroy());
        });
      }),
    );
    const relay = relaying(service.port);
    relay.child.stdin?.write('go');
    expect(await relay.end()).toBe(5);
    expect(relay.stdout).toBe(before);
    expect(relay.stderr).toMatch(
      /^holdfast relay: 127\.0\.0\.1 port \d+: connection reset by peer \(ECONNRESET\); silent for .*, round trip [\d.]+ ms, connected for .*, \d+ bytes received, 2 bytes sent\n$/,
    );
  });

  for (const [name, options] of [
    ['', {}],
    [', without koffi', { NODE_OPTIONS: `--require=${noKoffi}` }],
  ] as const) {
    it(`a reset behind half of an answer, though stdin has ended: not a clean end${name}`, async () => {
      const service = await serving(
        new Service((socket) => {
          socket.resume();
          socket.on('end', () => socket.write('half an ans', () => socket.resetAndDestroy()));
        }),
      );
      for (let round = 0; round < 4; round += 1) {
        const words = ['relay', '--tcp-keepalive=system', '127.0.0.1', String(service.port)];
        const relay = started(words, { env: plainEnv(options) });
        closing.push(() => relay.kill());
        relay.child.stdin?.end('go');
        expect(await relay.end()).toBe(5);
        expect(relay.stderr).toContain('connection reset by peer (ECONNRESET)');
      }
    });
  }

  it('on USR1: how it is, and goes on', async () => {
    const { port } = await serving(echo());
    const relay = relaying(port);
    relay.child.stdin?.write('hello');
    await relay.says('hello');
    relay.child.kill('SIGUSR1');
    await relay.says(/port \d+: silent for \d+ .*, round trip .*, 5 bytes received, 5 bytes sent\n/);
    relay.child.stdin?.end(' again');
    expect(await relay.end()).toBe(0);
    expect(relay.stdout).toBe('hello again');
  });
});

needs('koffi').describe('relay -v says what the kernel has', () => {
  it.each([
    [[], 'idle 15 s, interval 5 s, 3 probes: a dead peer is noticed 30 s after its last word; read back'],
    [['--tcp-keepalive', '2m:7:4'], 'idle 120 s, interval 7 s, 4 probes: a dead peer is noticed 148 s'],
    [
      ['--tcp-user-timeout=20', '--tcp-notsent-lowat', '128k'],
      'noticed 20 s after its last word; user timeout 20 s; at most 131072 bytes written and not sent',
    ],
    [['--tcp-keepalive=system'], 'TCP keepalive idle'],
  ])('%j', async (options, words) => {
    const { port } = await serving(echo());
    const relay = relaying(port, '-v', ...options);
    relay.child.stdin?.end();
    expect(await relay.end()).toBe(0);
    expect(relay.stderr).toContain(words);
    expect(relay.stderr).toContain('ended by both sides');
    expect(relay.stderr.includes('slow reader')).toBe(options.some((word) => word.includes('timeout')));
  });
});

it('relay without koffi: what could not be set is said, with what to do, and it works all the same', async () => {
  const { port } = await serving(echo());
  const env = plainEnv({ NODE_OPTIONS: `--require=${noKoffi}` });
  const asked = ['--tcp-user-timeout', '20', '127.0.0.1', String(port)];
  const relay = started(['relay', ...asked], { env });
  closing.push(() => relay.kill());
  relay.child.stdin?.end('still');
  expect(await relay.end()).toBe(0);
  expect(relay.stdout).toBe('still');
  const why = 'the optional package koffi is not installed (npm install koffi)';
  const lines = relay.stderr.trim().split('\n');
  expect(lines).toContain(
    `holdfast relay: note: TCP user timeout 20 s could not be set: Node cannot, and ${why}`,
  );
  const keepalive = `holdfast relay: note: TCP keepalive 15:5:3 could not be set: this Node cannot (24.19 and later can), and ${why}; the values of the system hold`;
  const { setKeepAlive } = (await import('node:net')).Socket.prototype;
  expect(lines.includes(keepalive)).toBe(setKeepAlive.length < 4);
});

describe.each([
  ['darwin', 'macOS'],
  ['win32', 'Windows'],
])('relay on %s', (system, name) => {
  it('works, and says what is not available', async () => {
    const { port } = await serving(echo());
    const env = plainEnv({ NODE_OPTIONS: `--require=${otherSystem}`, HOLDFAST_TEST_SYSTEM: system });
    const asked = ['--tcp-user-timeout', '20', '127.0.0.1', String(port)];
    const relay = started(['relay', ...asked], { env });
    closing.push(() => relay.kill());
    relay.child.stdin?.end('still');
    expect(await relay.end()).toBe(0);
    expect(relay.stdout).toBe('still');
    expect(relay.stderr).toContain(
      `holdfast relay: note: TCP user timeout 20 s could not be set: Node cannot, and more than Node's own calls is not available on ${name}\n`,
    );
  });
});

describe('relay: what makes no sense is answered with what would have been right, with exit code 2', () => {
  it.each([
    [[], "no host; as in ssh -o 'ProxyCommand holdfast relay %h %p' db"],
    [['db'], "no port; as in ssh -o 'ProxyCommand holdfast relay %h %p' db"],
    [['db', 'ssh'], 'port: "ssh" is no whole number'],
    [['db', '65536'], 'port: 65536 is out of range; want a number from 1 to 65535'],
    [['db', '22', '23'], '"23" is one word too many'],
    [['-4', '-6', 'db', '22'], '-4 and -6: want one of them'],
    [['--tcp-keepaliv', '1:1:1', 'db', '22'], 'unknown option --tcp-keepaliv; did you mean --tcp-keepalive?'],
    [['--frobnicate', 'db', '22'], 'unknown option --frobnicate; see holdfast relay --help'],
    [['--tcp-user-timeout'], '--tcp-user-timeout wants a value: --tcp-user-timeout TIME'],
    [['--tcp-keepalive', '15', 'db', '22'], 'want idle:interval:probes, as in 15:5:3 or 1m:10s:3; or system'],
    [['--tcp-keepalive=15:5:200', 'db', '22'], 'probes 200: want a whole number from 1 to 127'],
  ])('%j', async (words, line) => {
    const { code, stdout, stderr } = await holdfast('relay', ...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^holdfast: relay: /);
    expect(stderr.replace(/\n {10}/g, ' ')).toContain(line);
  });

  it('--help fits in 80 columns', async () => {
    const { code, stdout } = await holdfast('relay', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('ProxyCommand holdfast relay %h %p');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
