/** Each fault of the lab, seen by OpenSSH's own client, so that other tests can trust the lab. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Watched } from '../support/client.js';
import { needs, program } from '../support/machine.js';
import { type Netlab, net, openNetlab } from '../support/netlab.js';
import { alive } from '../support/processes.js';
import { until } from '../support/until.js';

/** What ssh says after a RST: which of the two depends on whether it read or wrote first. A FIN reads otherwise. */
const broken = /Connection reset by peer|Broken pipe/;

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'curl', 'conntrack').describe('the lab', () => {
  let lab: Netlab;
  const clients: Watched[] = [];
  let asked = 0;

  beforeAll(async () => {
    lab = await openNetlab();
  });
  afterAll(() => lab.close());
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.kill()));
    await lab.heal();
  });

  const ssh = (...options: string[]) => {
    const client = new Watched(lab.client.spawn(...lab.ssh('-v', ...options)));
    clients.push(client);
    return client;
  };
  /** A tunnel to the HTTP service on port 18080 of the client, up. */
  const tunnel = async (...options: string[]) => {
    const client = ssh('-N', '-L', `18080:127.0.0.1:${net.httpPort}`, ...options);
    await client.says('Entering interactive session');
    return client;
  };
  /** Asks through the tunnel for a page nobody asked for before. */
  const ask = (maxSeconds = 10) => {
    asked += 1;
    const marker = `page-${asked}`;
    const answer = lab
      .curl(`http://127.0.0.1:18080/${marker}`, '--max-time', String(maxSeconds))
      .then(({ stdout }) => (stdout === `${marker}\n` ? 'answered' : 'not answered'));
    return { marker, answer, served: () => lab.served().some((one) => one.marker === marker) };
  };

  /** A channel to the HTTP service that is open already: what is written goes out on a link in any state. */
  const line = async () => {
    const client = ssh('-W', `127.0.0.1:${net.httpPort}`);
    client.child.stdin?.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.says('\nhello\n');
    const get = (page: string) => void client.child.stdin?.write(`GET /${page} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const served = (page: string) => lab.served().some(({ marker }) => marker === page);
    return { client, get, served };
  };
  /** No packet, no acknowledgement for a while: the next one to speak is who the test says. */
  const quiet = () =>
    until('a quiet connection', async () => {
      const told = await lab.client.must(program('ss'), [
        '-tinH',
        'state',
        'established',
        'dport',
        '=',
        ':2222',
      ]);
      const ages = Array.from(told.matchAll(/last(?:snd|rcv|ack):(\d+)/g), ([, age]) => Number(age));
      return ages.length > 0 && Math.min(...ages) > 150;
    });
  /** How often a connection of the client ended by a RST, by the kernel's count. */
  const resets = async () => {
    const lines = (await lab.client.must('cat', ['/proc/net/snmp']))
      .split('\n')
      .filter((one) => one.startsWith('Tcp:'));
    const [names = [], values = []] = lines.map((one) => one.split(' '));
    return Number(values[names.indexOf('EstabResets')]);
  };

  it('carries a tunnel when nothing is wrong', async () => {
    const before = lab.logins();
    await tunnel();
    const page = ask();
    expect(await page.answer).toBe('answered');
    expect(page.served()).toBe(true);
    expect(lab.logins()).toBe(before + 1);
    expect(lab.sshd.log()).toContain(`Accepted publickey for root from ${net.routerOutside}`);
  });

  it('black hole: silence, then everything that waited goes on', async () => {
    const client = await tunnel();
    await lab.blackhole(true);
    const page = ask();
    expect(await ask(1).answer).toBe('not answered');
    expect(page.served()).toBe(false);
    await lab.blackhole(false);
    expect(await page.answer).toBe('answered');
    expect(client.ended).toBe(false);
  });

  it('black hole: ssh gives up by its own heartbeat, and hears no RST', async () => {
    const client = await tunnel('-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=1');
    await lab.blackhole(true);
    expect(await client.end()).toBe(255);
    expect(client.stderr).toContain('not responding');
  });

  it('black hole towards the client: the server hears, its answer is lost', async () => {
    const { client, get, served } = await line();
    await lab.blackhole(true, 'toClient');
    get('heard');
    await until('the request at the server', () => served('heard'));
    expect(client.stdout).not.toContain('heard');
    await lab.blackhole(false);
    await client.says('\nheard\n');
  });

  it('black hole towards the server: nothing arrives there, and its words still come', async () => {
    const { client, get, served } = await line();
    get('slow/600');
    await until('the request at the server', () => served('slow/600'));
    await lab.blackhole(true, 'toServer');
    get('unheard');
    await client.says('\nslow/600\n');
    expect(served('unheard')).toBe(false);
    await lab.blackhole(false);
    await client.says('\nunheard\n');
  });

  it('reset: an idle connection ends at once', async () => {
    const client = await tunnel();
    await quiet();
    const [sessions, before] = [lab.sshd.pids().length, await resets()];
    await lab.reset();
    expect(await client.end(3_000)).toBe(255);
    expect(client.stderr).toMatch(broken);
    expect(await resets()).toBe(before + 1);
    await until('the session to end', () => lab.sshd.pids().length < sessions);
  });

  it('a forgotten NAT entry is silent; new connections pass', async () => {
    const old = await tunnel();
    await lab.forget('silent');
    expect(await ask(2).answer).toBe('not answered');
    expect(old.ended).toBe(false);
    await ssh('-N').says('Entering interactive session');
  });

  it('a forgotten NAT entry answers RST, once something is sent', async () => {
    const old = await tunnel();
    await quiet();
    await lab.forget('rst');
    await ssh('-N').says('Entering interactive session');
    expect(old.ended).toBe(false);
    expect(await ask().answer).toBe('not answered');
    expect(await old.end(3_000)).toBe(255);
    expect(old.stderr).toMatch(broken);
  });

  it('a NAT that answers RST answers the server too, and the client does not hear of it', async () => {
    const others = new Set(lab.sshd.pids());
    const { client, get, served } = await line();
    const session = lab.sshd.pids().filter((pid) => !others.has(pid));
    get('slow/700');
    await until('the request at the server', () => served('slow/700'));
    await quiet();
    await lab.forget('rst');
    expect(session.filter(alive)).not.toEqual([]);
    await until('the end of the session', () => !session.some(alive));
    expect(client.ended).toBe(false);
    expect(client.stdout).not.toContain('slow');
  });

  it('a frozen sshd: its kernel answers, it does not', async () => {
    const old = await tunnel();
    lab.sshd.freeze();
    const page = ask();
    const stranger = ssh('-N');
    await stranger.says('Connection established');
    expect(await ask(1).answer).toBe('not answered');
    expect(stranger.stderr).not.toContain('remote software version');
    lab.sshd.thaw();
    expect(await page.answer).toBe('answered');
    await stranger.says('Entering interactive session');
    expect(old.ended).toBe(false);
  });

  it('a killed sshd closes, refuses, and comes back', async () => {
    const old = await tunnel();
    await lab.sshd.kill();
    expect(await old.end(3_000)).toBe(255);
    const refused = ssh('-N');
    expect(await refused.end()).toBe(255);
    expect(refused.stderr).toContain('Connection refused');
    await lab.sshd.start();
    await tunnel();
    expect(await ask().answer).toBe('answered');
  });

  it('power off is silence; after power on the old connection meets a RST', async () => {
    const logins = lab.logins();
    const old = await tunnel();
    await lab.powerOff();
    const stranger = ssh('-N', '-o', 'ConnectTimeout=1');
    expect(await stranger.end()).toBe(255);
    expect(stranger.stderr).toContain('timed out');
    expect(old.ended).toBe(false);
    await lab.powerOn();
    void ask().answer;
    expect(await old.end(5_000)).toBe(255);
    expect(old.stderr).toMatch(broken);
    await tunnel();
    expect(await ask().answer).toBe('answered');
    expect(lab.logins()).toBe(logins + 2);
  });

  it('link down: no way out; up again, the old connection goes on', async () => {
    const old = await tunnel();
    await lab.linkDown();
    const page = ask();
    const stranger = ssh('-N');
    expect(await stranger.end()).toBe(255);
    expect(stranger.stderr).toContain('Network is unreachable');
    expect(page.served()).toBe(false);
    await lab.linkUp();
    expect(await page.answer).toBe('answered');
    expect(old.ended).toBe(false);
  });

  it('another address: the old connection is an orphan, a new one works', async () => {
    const old = await tunnel();
    await lab.moveClient();
    expect(await ask(1).answer).toBe('not answered');
    expect(old.ended).toBe(false);
    await ssh('-N').says('Entering interactive session');
    await lab.moveClient(net.client);
  });

  it('a name lookup in the server hangs; the names of the lab do not', async () => {
    const asking = ssh('-W', 'nobody.example:80');
    await asking.says('Entering interactive session');
    const known = await lab.client.exec(...lab.ssh('-W', `server.lab:${net.sshPort}`));
    expect(known.stdout).toMatch(/^SSH-2\.0-/);
    expect(asking.ended).toBe(false);
    expect(asking.stderr).not.toContain('open failed');
  });

  it('the services: echo both ways, and bytes as asked', async () => {
    const echoed = await lab.client.exec(...lab.ssh('-W', `127.0.0.1:${net.echoPort}`), {
      input: 'to and fro',
    });
    expect(echoed.stdout).toBe('to and fro');
    await tunnel();
    const bytes = await lab.curl(
      'http://127.0.0.1:18080/bytes/1000000',
      '-o',
      '/dev/null',
      '-w',
      '%{size_download}',
    );
    expect(bytes.stdout).toBe('1000000');
  });

  it('two labs do not see each other, and a closed one leaves nothing', async () => {
    const other = await openNetlab();
    const pids = [...other.sshd.pids(), other.client.pid, other.router.pid, other.server.pid];
    await other.blackhole(true);
    await tunnel();
    expect(await ask().answer).toBe('answered');
    expect(other.logins()).toBe(0);
    await other.close();
    expect(pids.some(alive)).toBe(false);
  });
});
