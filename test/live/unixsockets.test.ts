/** Unix sockets that are left behind: by a killed process here, and by a session that is gone on the server. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listen, PathTaken } from '../../src/io/listen.js';
import { type Notice, openTunnel } from '../../src/open.js';
import { compiled } from '../support/bundle.js';
import { tunnelTo } from '../support/carrying.js';
import { guard, release, scratch } from '../support/guard.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { Running } from '../support/running.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { echo, type Service } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
let dir = '';
let remove = () => {};
let count = 0;
beforeAll(() => {
  ({ dir, remove } = scratch('unixsockets'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => remove());

const fresh = () => {
  count += 1;
  return path.join(dir, `s${count}`);
};

/** A process that listens there. */
async function listener(at: string): Promise<ChildProcess> {
  const script = `require('net').createServer((socket) => socket.on('error', () => {}).end('other'))
    .listen(${JSON.stringify(at)}, () => console.log('there'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  guard(`pid ${child.pid ?? 0}`);
  closing.push(() => {
    child.kill('SIGKILL');
    release(`pid ${child.pid ?? 0}`);
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

/** What a kill -9 leaves: a socket on which nobody listens. */
async function leftover(): Promise<string> {
  const at = fresh();
  const child = await listener(at);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  expect(lstatSync(at).isSocket()).toBe(true);
  return at;
}

/** What is said to a client there; null: nobody listens. */
function answer(at: string): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(at)
      .setEncoding('utf8')
      .on('data', (chunk) => {
        text += String(chunk);
      })
      .on('error', () => resolve(null))
      .on('close', () => resolve(text));
    closing.push(() => socket.destroy());
  });
}

async function open(at: string, replace: boolean, says = 'ours') {
  const made = await listen({ type: 'unix', path: at, replace }, (client) => client.socket.end(says));
  closing.push(() => made.close());
  return made;
}

const taken = (at: string, replace: boolean) =>
  open(at, replace).then(
    () => null,
    (error: unknown) => (error instanceof PathTaken ? error.by : error),
  );

/** As `taken`, of a process whose user is not ours. */
async function takenForAnother(at: string, replace: boolean): Promise<string> {
  const door = compiled('io/listen.ts');
  const script = `const { listen } = await import(${JSON.stringify(door)});
    process.setgid(65534); process.setuid(65534);
    await listen(${JSON.stringify({ type: 'unix', path: at, replace })}, () => {}).then(
      () => console.log('up'), (error) => console.log(error.by ?? error.message));
    process.exit();`;
  const { stdout } = await here.exec(process.execPath, ['--input-type=module', '-e', script]);
  return stdout.trim();
}

describe('a local socket', () => {
  it('that a killed process left is taken over', async () => {
    const at = await leftover();
    await open(at, false);
    expect(await answer(at)).toBe('ours');
    expect(lstatSync(at).mode & 0o777).toBe(0o600);
  });

  it('on which somebody listens is left alone, unless it is to be replaced', async () => {
    const at = fresh();
    await listener(at);
    expect(await taken(at, false)).toBe('listener');
    expect(await answer(at)).toBe('other');
    await open(at, true);
    expect(await answer(at)).toBe('ours');
  });

  it('another kind of file is never removed', async () => {
    const [file, linked, folder] = [fresh(), fresh(), fresh()];
    writeFileSync(file, 'something');
    symlinkSync(await leftover(), linked);
    mkdirSync(folder);
    for (const at of [file, linked, folder]) {
      for (const replace of [false, true]) expect([at, await taken(at, replace)]).toEqual([at, 'file']);
    }
    expect(readFileSync(file, 'utf8')).toBe('something');
    expect(lstatSync(linked).isSymbolicLink()).toBe(true);
    expect(lstatSync(folder).isDirectory()).toBe(true);
  });

  it('is left to the one who took it over, when the one who had it stops', async () => {
    const at = fresh();
    const first = await open(at, false, 'first');
    await open(at, true, 'second');
    first.close();
    expect(await answer(at)).toBe('second');
  });

  it.runIf(process.getuid?.() === 0)(
    'closes in peace where what stands at its path now may not be moved',
    async () => {
      const folder = path.join(dir, 'everybody');
      mkdirSync(folder);
      chmodSync(folder, 0o1777);
      chmodSync(dir, 0o755);
      const at = path.join(folder, 's');
      const [root, nobody] = [0, 65_534];
      process.seteuid?.(nobody);
      try {
        const ours = await listen({ type: 'unix', path: at }, () => {});
        process.seteuid?.(root);
        unlinkSync(at);
        writeFileSync(at, 'of root');
        process.seteuid?.(nobody);
        ours.close();
      } finally {
        process.seteuid?.(root);
      }
      expect(readFileSync(at, 'utf8')).toBe('of root');
    },
  );

  it('has one owner, who is reached, when many take it over at once', async () => {
    for (let round = 0; round < 20; round++) {
      const at = await leftover();
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          open(at, false, `owner ${index}`).then(
            () => `owner ${index}`,
            (error: unknown) => (error instanceof PathTaken ? null : error),
          ),
        ),
      );
      const owners = all.filter((owner) => owner !== null);
      expect([owners.length, await answer(at)]).toEqual([1, owners[0]]);
    }
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('has one owner when processes take it over at once', async () => {
    const door = compiled('io/listen.ts');
    for (let round = 0; round < 6; round++) {
      const at = await leftover();
      const script = `import { listen } from ${JSON.stringify(door)};
        process.stdin.once('data', async () => {
          try {
            await listen({ type: 'unix', path: ${JSON.stringify(at)} }, (client) => client.socket.end(String(process.pid)));
            console.log('owner');
          } catch (error) { console.log(error.by ?? error.stack); process.exit(); }
        });
        console.log('ready');`;
      const children = Array.from({ length: 4 }, () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        guard(`pid ${child.pid ?? 0}`);
        closing.push(() => {
          child.kill('SIGKILL');
          release(`pid ${child.pid ?? 0}`);
        });
        let said = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          said += text;
        });
        return { child, said: () => said.trim().split('\n') };
      });
      await until('they are ready', () => children.every(({ said }) => said()[0] === 'ready'));
      for (const { child } of children) child.stdin.write('go\n');
      await until('each knows', () => children.every(({ said }) => said().length === 2));
      const words = children.map(({ said }) => said()[1] ?? '');
      expect([...words].sort()).toEqual(['listener', 'listener', 'listener', 'owner']);
      expect(await answer(at)).toBe(String(children[words.indexOf('owner')]?.child.pid));
    }
  }, 60_000);
});

needs('sshd', 'ssh').describe('with a server', () => {
  let sshd: Sshd;
  let service: Service;
  beforeAll(async () => {
    sshd = await startSshd();
    service = await echo().listen();
  });
  afterAll(async () => {
    service?.close();
    await sshd?.stop();
  });

  /** How a tunnel of ours to this local path begins: it is up, or the reason. */
  async function ours(at: string, unlink: string): Promise<string> {
    const options = { StreamLocalBindUnlink: unlink };
    const tunnel = openTunnel(tunnelTo(sshd, [{ local: `${at}:127.0.0.1:${service.port}` }], { options }));
    try {
      return await tunnel.ready.then(
        () => 'up',
        (error: Error) => error.message,
      );
    } finally {
      await tunnel.stop({ now: true });
    }
  }

  /** The same of ssh, by its own options. */
  async function theirs(at: string, unlink: string): Promise<'up' | 'refused'> {
    const settings = ['ExitOnForwardFailure=yes', `StreamLocalBindUnlink=${unlink}`].flatMap((line) => [
      '-o',
      line,
    ]);
    const args = sshd.sshArgs(...settings, '-L', `${at}:127.0.0.1:${service.port}`);
    const before = lstatSync(at, { bigint: true });
    const child = here.spawn(program('ssh'), ['-N', ...args], { stdio: 'ignore' });
    closing.push(() => child.kill('SIGKILL'));
    let over = false;
    child.once('exit', () => {
      over = true;
    });
    const replaced = () => {
      const now = lstatSync(at, { bigint: true, throwIfNoEntry: false });
      return now?.isSocket() === true && (now.ino !== before.ino || now.mtimeNs !== before.mtimeNs);
    };
    await until('ssh listens or ends', () => over || replaced());
    return over ? 'refused' : 'up';
  }

  it('StreamLocalBindUnlink: as ssh, but for what nobody has, and what is no socket', async () => {
    const live = async () => {
      const at = fresh();
      await listener(at);
      return at;
    };
    const file = async () => {
      const at = fresh();
      writeFileSync(at, 'something');
      return at;
    };
    const rows: string[] = [];
    for (const [name, make] of [
      ['live', live],
      ['left', leftover],
      ['file', file],
    ] as const) {
      for (const unlink of ['no', 'yes']) {
        const mine = await ours(await make(), unlink);
        rows.push(
          `${name} ${unlink}: ${mine === 'up' ? 'up' : 'refused'}, ssh ${await theirs(await make(), unlink)}`,
        );
      }
    }
    expect(rows).toEqual([
      'live no: refused, ssh refused',
      'live yes: up, ssh up',
      'left no: up, ssh refused',
      'left yes: up, ssh up',
      'file no: refused, ssh refused',
      'file yes: refused, ssh up',
    ]);
  }, 60_000);

  it('run takes over what a run before it left at kill -9, and a client gets through', async () => {
    const at = fresh();
    const start = async () => {
      const running = new Running(here, [...sshd.sshArgs('-L', `${at}:127.0.0.1:${service.port}`)]);
      closing.push(() => running.watched.child.kill('SIGKILL'));
      await running.tells('up');
      return running;
    };
    const first = await start();
    first.watched.child.kill('SIGKILL');
    await first.watched.end();
    expect([lstatSync(at).isSocket(), await answer(at)]).toEqual([true, null]);
    const second = await start();
    const client = connect(at).setEncoding('utf8');
    closing.push(() => client.destroy());
    const got = new Promise((resolve, reject) => client.once('data', resolve).once('error', reject));
    client.write('through');
    expect(await got).toBe('through');
    client.destroy();
    expect(await second.stop()).toBe(0);
    expect(existsSync(at)).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)(
    'a socket of another user: the refusal says what is known of it, and nothing else',
    async () => {
      const sticky = fresh();
      mkdirSync(sticky);
      chmodSync(sticky, 0o1777);
      const [closed, removable] = [path.join(sticky, 'closed'), path.join(sticky, 'removable')];
      for (const at of [closed, removable]) renameSync(await leftover(), at);
      chmodSync(closed, 0o600);
      chmodSync(removable, 0o666);
      chmodSync(dir, 0o755);
      for (const [at, replace, by] of [
        [closed, false, 'unknown'],
        [closed, true, 'foreign'],
        [removable, false, 'foreign'],
        [removable, true, 'foreign'],
      ] as const) {
        expect([at, replace, await takenForAnother(at, replace)]).toEqual([at, replace, by]);
        expect(lstatSync(at).isSocket()).toBe(true);
      }
    },
  );

  it('the refusal says what is there, and what would be right', async () => {
    const [at, file] = [fresh(), fresh()];
    await listener(at);
    writeFileSync(file, 'something');
    expect(await ours(at, 'no')).toBe(
      `-L ${at}:127.0.0.1:${service.port}: ${at} is a socket on which another program listens: ` +
        'choose another path, or StreamLocalBindUnlink yes takes it over',
    );
    expect(await ours(file, 'yes')).toContain(`${file} is there and is no socket, so it is left alone`);
  });

  it('a remote one that a lost session left is asked for again, names the file and what sshd needs', async () => {
    const at = await leftover();
    const notices: Notice[] = [];
    const tunnel = openTunnel(
      tunnelTo(sshd, [{ remote: `${at}:127.0.0.1:${service.port}` }], {
        onNotice: (notice) => notices.push(notice),
      }),
    );
    closing.push(() => tunnel.stop({ now: true }));
    const reasons = () =>
      notices.flatMap((notice) =>
        notice.type === 'forward' && notice.status.type === 'refused' ? [notice.status.reason] : [],
      );
    await until('it is refused', () => reasons().length > 0);
    expect(reasons()[0]).toContain(`${at} is there already, perhaps of our own session from before`);
    expect(reasons()[0]).toContain('"StreamLocalBindUnlink yes" in its sshd_config');
    expect(tunnel.state).toBe('connecting');
    const logins = sshd.logins();
    // Somebody removes it there.
    unlinkSync(at);
    await tunnel.ready;
    expect(existsSync(at)).toBe(true);
    expect(sshd.logins()).toBe(logins);
  });

  it('a remote one comes back after a lost session where sshd may replace it', async () => {
    const kind = await startSshd({ config: ['StreamLocalBindUnlink yes'] });
    closing.push(() => kind.stop());
    const at = fresh();
    const tunnel = openTunnel(tunnelTo(kind, [{ remote: `${at}:127.0.0.1:${service.port}` }]));
    closing.push(() => tunnel.stop({ now: true }));
    await tunnel.ready;
    await kind.restart();
    await until(
      'it is up again',
      () => tunnel.state === 'up' && tunnel.snapshot().forwards[0]?.status === 'bound',
    );
    const probe = connect(at);
    closing.push(() => probe.destroy());
    await new Promise<void>((resolve, reject) => probe.once('connect', resolve).once('error', reject));
  });
});
