/** The kernel's tables, ss's lines, sysctl.d files and records: what is read from them, and what is made of it. */
import { describe, expect, it } from 'vitest';
import { type KernelTimes, outlook } from '../../../src/core/keepalive/outlook.js';
import {
  conflictsWith,
  lastSet,
  ownFileText,
  parseRecords,
  printRecords,
} from '../../../src/core/keepalive/setting.js';
import { parseSocketTable, type SocketRow } from '../../../src/core/keepalive/sockets.js';
import { filesAtBoot, originOf, parseSysctlFile } from '../../../src/core/keepalive/sysctl.js';
import { parseTcpInfo, socketKey } from '../../../src/core/keepalive/tcpinfo.js';
import { topicOf, topics } from '../../../src/core/keepalive/topics.js';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

const times: KernelTimes = {
  idleMs: 7_200_000,
  intervalMs: 75_000,
  probes: 9,
  retries2: 15,
  rtoMaxMs: 120_000,
  synRetries: 6,
  synLinear: 4,
  orphanRetries: 0,
};

function row(text: string): SocketRow {
  const [found] = parseSocketTable(head + text, 4);
  if (found === undefined) throw new Error(`not read: ${text}`);
  return found;
}

describe('/proc/net/tcp', () => {
  it('a row: addresses, state, queues, timer, counts', () => {
    const line =
      '   5: 0201A8C0:0016 0702000A:C822 01 0000002A:00000007 02:00015F90 00000003  1000        4 5790 2 00000000e96fe49b 23 4 30 10 -1';
    expect(row(line)).toEqual({
      family: 4,
      localAddress: '192.168.1.2',
      localPort: 22,
      remoteAddress: '10.0.2.7',
      remotePort: 51_234,
      state: 'established',
      sendQueue: 42,
      receiveQueue: 7,
      timer: 'keepalive',
      timerLeftMs: 900_000,
      retransmissions: 3,
      unanswered: 4,
      uid: 1000,
      inode: 5790,
      rtoMs: 230,
    });
  });

  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000001000000', '::1'],
    ['0000000000000000FFFF00000100007F', '::ffff:127.0.0.1'],
    ['B80D0120000000000000000001000000', '2001:db8::1'],
    ['000080FE00000000FF005450040A0FFE', 'fe80::5054:ff:fe0f:a04'],
    ['B80D01200100000000000200000003AB', '2001:db8:0:1:2:0:ab03:0'],
  ])('IPv6 %s is %s', (hex, text) => {
    const [found] = parseSocketTable(
      `${head}   0: ${hex}:0016 ${hex}:C822 01 00000000:00000000 00:00000000 00000000     0        0 1 1 x 20 4 30 10 -1\n`,
      6,
    );
    expect(found?.localAddress).toBe(text);
  });

  it('a timer that is late has no time left, and what is no row is passed over', () => {
    const late =
      '   5: 0100007F:0016 0100007F:C822 01 00000000:00000000 01:FFFFFFFE 00000000     0        0 7 1 x 20 4 30 10 -1';
    const found = parseSocketTable(`${head}${late}\nnonsense\n\n`, 4);
    expect(found.map(({ timer, timerLeftMs }) => [timer, timerLeftMs])).toEqual([['retransmit', 0]]);
    expect(parseSocketTable('', 4)).toEqual([]);
  });
});

describe('ss', () => {
  it('TCP_INFO by both ends; what is 0 is not printed', () => {
    const text = [
      'ESTAB 0 0 10.77.1.2:40000 10.77.2.2:22 cubic wscale:7,7 rto:204 rtt:0.05/0.02 mss:1448 lastsnd:1200 lastrcv:1100 lastack:1000 retrans:0/3 notsent:5',
      'ESTAB 0 0 [2001:db8::1]:40000 [fe80::1%eth0]:22 cubic rto:204 backoff:3',
      'TIME-WAIT 0 0 10.0.0.1:1 10.0.0.2:2',
    ].join('\n');
    const found = parseTcpInfo(text);
    expect(found.get('10.77.1.2:40000 10.77.2.2:22')).toEqual({
      sinceSentMs: 1200,
      sinceReceivedMs: 1100,
      sinceAcknowledgedMs: 1000,
      rttMs: 0.05,
      rtoMs: 204,
      backoff: 0,
      retransmittedInAll: 3,
      notSent: 5,
    });
    const six = { localAddress: '2001:db8::1', localPort: 40_000, remoteAddress: 'fe80::1', remotePort: 22 };
    expect(found.get(socketKey(six))).toMatchObject({ sinceReceivedMs: 0, backoff: 3 });
    expect(found.size).toBe(2);
  });
});

describe('what becomes of a connection', () => {
  const idle = row(
    '   5: 0100007F:0016 0100007F:C822 01 00000000:00000000 00:00000000 00000000     0        0 7 1 x 20 4 30 10 -1',
  );
  const info = {
    sinceSentMs: 0,
    sinceReceivedMs: 0,
    sinceAcknowledgedMs: 0,
    rttMs: 1,
    rtoMs: 204,
    backoff: 0,
    retransmittedInAll: 0,
    notSent: 0,
  };

  it('idle without a timer: never', () => {
    expect(outlook(idle, times)).toMatchObject({ kind: 'never', withinMs: null });
  });

  it('keepalive armed: the rest of the idle time, and all probes', () => {
    const armed: SocketRow = { ...idle, timer: 'keepalive', timerLeftMs: 7_100_000 };
    expect(outlook(armed, times)).toMatchObject({ kind: 'notices', withinMs: 7_775_000, basis: 'system' });
    // The timer is not moved by what is received: heard 1 s ago, it is the rest of the idle time that counts.
    const heard = { ...info, sinceReceivedMs: 5_000_000, sinceAcknowledgedMs: 1_000 };
    expect(outlook({ ...armed, timerLeftMs: 100_000 }, times, heard)).toMatchObject({
      withinMs: 7_199_000 + 675_000,
    });
  });

  it('probes unanswered: dying, with those that are left', () => {
    const asked: SocketRow = { ...idle, timer: 'keepalive', timerLeftMs: 50_000, unanswered: 7 };
    expect(outlook(asked, times)).toMatchObject({
      kind: 'dying',
      withinMs: 50_000 + 2 * 75_000,
      basis: 'system',
    });
    const quietMs = 7_200_000 + 7 * 75_000 - 50_000;
    const fits = { ...info, sinceReceivedMs: quietMs, sinceAcknowledgedMs: quietMs };
    expect(outlook(asked, times, fits)).toMatchObject({ withinMs: 200_000, basis: 'system' });
    // 4 probes since it was heard 9.5 s ago: its own values, and at most 2.4 s between probes.
    const own: SocketRow = { ...asked, unanswered: 4, timerLeftMs: 1_100 };
    const heard = { ...info, sinceReceivedMs: 9_500, sinceAcknowledgedMs: 9_500 };
    expect(outlook(own, times, heard)).toMatchObject({ withinMs: 1_100 + 5 * 2_400, basis: 'observed' });
  });

  it('more probes unanswered than the system has: its count is its own, and its end nobody can say', () => {
    const asked: SocketRow = { ...idle, timer: 'keepalive', timerLeftMs: 900, unanswered: 12 };
    for (const heard of [null, { ...info, sinceReceivedMs: 13_000, sinceAcknowledgedMs: 13_000 }])
      expect(outlook(asked, times, heard)).toMatchObject({
        kind: 'dying',
        withinMs: null,
        basis: 'observed',
      });
  });

  it('data in flight: by retransmission; dying from the third on', () => {
    const sent: SocketRow = { ...idle, timer: 'retransmit', timerLeftMs: 200, rtoMs: 200, sendQueue: 5 };
    const fresh = outlook(sent, times);
    expect(fresh).toMatchObject({ kind: 'notices', basis: 'timer' });
    expect(fresh.withinMs).toBeCloseTo(924_600, -3);
    expect(outlook({ ...sent, retransmissions: 2 }, times).kind).toBe('notices');
    expect(outlook({ ...sent, retransmissions: 3, rtoMs: 1_600, timerLeftMs: 1_600 }, times).kind).toBe(
      'dying',
    );
  });

  it('a closed window: stuck while the peer answers, dying when it does not', () => {
    const full: SocketRow = { ...idle, timer: 'window', timerLeftMs: 5_000, rtoMs: 200, sendQueue: 90_000 };
    expect(outlook(full, times)).toMatchObject({ kind: 'stuck', withinMs: null });
    expect(outlook(full, times).sentence).toContain('90000');
    expect(outlook({ ...full, unanswered: 4 }, times).kind).toBe('dying');
  });

  // Rows of a kernel (6.18) with tcp_rto_max_ms 1000, and how long after them it gave up.
  it('pauses that have grown as far as they may: what is left, not the whole again', () => {
    const short = { ...times, rtoMaxMs: 1_000 };
    const sent: SocketRow = { ...idle, timer: 'retransmit', rtoMs: 1_000, sendQueue: 5 };
    const left = (retransmissions: number, timerLeftMs: number) =>
      outlook({ ...sent, retransmissions, timerLeftMs }, short, info).withinMs ?? 0;
    expect(left(3, 720)).toBeCloseTo(12_720, -3);
    expect(left(9, 480)).toBeCloseTo(6_480, -3);
    expect(left(15, 360)).toBeCloseTo(360, -1);
  });

  it('a closed window, unanswered: tcp_retries2 is a number of probes, however long their pauses are', () => {
    const full: SocketRow = { ...idle, timer: 'window', rtoMs: 200, sendQueue: 90_000 };
    const left = (unanswered: number, timerLeftMs: number, backoff: number, of = times) =>
      outlook({ ...full, unanswered, timerLeftMs }, of, { ...info, backoff }).withinMs;
    expect(left(14, 120, 15, { ...times, rtoMaxMs: 1_000 })).toBe(1_120);
    expect(left(8, 180, 13, { ...times, rtoMaxMs: 1_000 })).toBe(7_180);
    // Pauses of 120 s each by the time the peer dies: half an hour, not a quarter.
    expect(left(3, 60_000, 15)).toBe(60_000 + 12 * 120_000);
    // As it ends when the window closes at once: 0.4 + 0.8 + ... + 102.4 + 6 x 120 s from the first probe on.
    expect(left(3, 1_600, 3)).toBe(1_600 + 3_200 * 2 ** 6 - 3_200 + 6 * 120_000);
    expect(left(15, 500, 15)).toBe(500);
  });

  it('closed by its program: tcp_orphan_retries counts, which 0 makes 8, and not tcp_retries2', () => {
    const closed: SocketRow = {
      ...idle,
      ...{ state: 'fin-wait-1', timer: 'retransmit', inode: 0, sendQueue: 5 },
      ...{ retransmissions: 2, rtoMs: 800, timerLeftMs: 800 },
    };
    const within = (one: SocketRow, of = times) => outlook(one, of, info).withinMs ?? 0;
    expect(within(closed)).toBeCloseTo(102_200 - 600, -3);
    expect(within({ ...closed, inode: 7 })).toBeCloseTo(924_600 - 600, -3);
    expect(within(closed, { ...times, orphanRetries: 5 })).toBeCloseTo(12_600 - 600, -3);
    // From the longest pause on nothing is sent again.
    expect(within(closed, { ...times, rtoMaxMs: 1_000 })).toBeCloseTo(1_800, -2);
    const waits: SocketRow = { ...closed, state: 'fin-wait-2', timer: 'timewait', timerLeftMs: 59_000 };
    expect(outlook(waits, times)).toMatchObject({ kind: 'leaving', withinMs: 59_000, basis: 'timer' });
  });

  it('closed by the peer alone: its own program is who has not, keepalive or not, accepted or not', () => {
    for (const inode of [0, 7]) {
      const left: SocketRow = { ...idle, inode, state: 'close-wait', timer: 'keepalive', timerLeftMs: 9_000 };
      for (const one of [left, { ...left, timer: 'none' as const }])
        expect(outlook(one, times).sentence).toMatch(/^the peer has closed, its own program has not/);
      expect(outlook(left, times).withinMs).toBe(9_000 + 675_000);
    }
  });

  it('connecting, closing, listening', () => {
    expect(
      outlook({ ...idle, state: 'syn-sent', timer: 'retransmit', timerLeftMs: 1_000 }, times),
    ).toMatchObject({
      kind: 'connecting',
      withinMs: 131_000,
    });
    expect(outlook({ ...idle, state: 'close-wait' }, times).kind).toBe('leaving');
    expect(outlook({ ...idle, state: 'listen' }, times).kind).toBe('passive');
  });
});

describe('sysctl.d', () => {
  const file = (path: string, text: string) => ({ path, text });
  const time = { name: 'tcp_keepalive_time', shipped: 7_200 };

  it('lines: comments, slashes, a minus, values with blanks', () => {
    const text = '# a\n; b\n\nnet/ipv4/tcp_keepalive_time=600\n-net.ipv4.tcp_retries2 =  8 \nnonsense\n';
    expect(parseSysctlFile(file('/etc/sysctl.d/a.conf', text))).toEqual([
      { file: '/etc/sysctl.d/a.conf', line: 4, key: 'net.ipv4.tcp_keepalive_time', value: '600' },
      { file: '/etc/sysctl.d/a.conf', line: 5, key: 'net.ipv4.tcp_retries2', value: '8' },
    ]);
  });

  it('the order: by name whatever the folder; /etc hides a file of the same name', () => {
    const files = filesAtBoot([
      [file('/etc/sysctl.d/50-a.conf', 'etc'), file('/etc/sysctl.d/README', '')],
      [file('/usr/lib/sysctl.d/10-b.conf', ''), file('/usr/lib/sysctl.d/50-a.conf', 'usr')],
    ]);
    expect(files.map(({ path }) => path)).toEqual(['/usr/lib/sysctl.d/10-b.conf', '/etc/sysctl.d/50-a.conf']);
  });

  it('where a value comes from: default, the last line, or somebody since', () => {
    const lines = ['a', 'b'].flatMap((name, index) =>
      parseSysctlFile(file(`/etc/sysctl.d/${name}.conf`, `net.ipv4.tcp_keepalive_* = ${600 + index}\n`)),
    );
    expect(originOf(time, '7200', [], true)).toEqual({ from: 'default' });
    expect(originOf(time, '601', lines, true)).toEqual({
      from: 'file',
      file: '/etc/sysctl.d/b.conf',
      line: 1,
    });
    expect(originOf(time, '60', lines, true)).toMatchObject({ from: 'changed', instead: { value: '601' } });
    // A network namespace of its own begins with the kernel's values.
    expect(originOf(time, '7200', lines, false)).toEqual({ from: 'default' });
    expect(originOf(time, '60', lines, false)).toMatchObject({
      instead: { value: '7200', at: 'the kernel' },
    });
  });

  // sysctl.d(5): keys for which an explicit pattern exists will be excluded from any glob matching.
  it('a pattern does not count for a value that another line names, before it or after', () => {
    const files = [
      file('/etc/sysctl.d/10-a.conf', 'net.ipv4.tcp_keepalive_time = 601\n'),
      file('/etc/sysctl.d/95-g.conf', 'net.ipv4.tcp_keepalive_* = 33\n'),
    ];
    const lines = files.flatMap(parseSysctlFile);
    expect(originOf(time, '601', lines, true)).toMatchObject({
      from: 'file',
      file: '/etc/sysctl.d/10-a.conf',
    });
    const probes = { name: 'tcp_keepalive_probes', shipped: 9 };
    expect(originOf(probes, '33', lines, true)).toMatchObject({
      from: 'file',
      file: '/etc/sysctl.d/95-g.conf',
    });
    const own = '/etc/sysctl.d/90-holdfast-tcp.conf';
    const found = conflictsWith(files, own, [['tcp_keepalive_probes', '9']]);
    expect(found).toMatchObject([{ file: '/etc/sysctl.d/95-g.conf', wins: false }]);
  });

  it('our file keeps what it had; a later file wins over it and is named', () => {
    const wanted = [['tcp_keepalive_time', '600']] as const;
    const own = '/etc/sysctl.d/90-holdfast-tcp.conf';
    const before = 'net.ipv4.tcp_keepalive_time = 60\nnet.ipv4.tcp_keepalive_probes = 3\n';
    expect(ownFileText(before, wanted).split('\n').slice(1)).toEqual([
      'net.ipv4.tcp_keepalive_time = 600',
      'net.ipv4.tcp_keepalive_probes = 3',
      '',
    ]);
    const others = [
      file('/usr/lib/sysctl.d/50-x.conf', 'net.ipv4.tcp_keepalive_time = 1\n'),
      file(
        '/etc/sysctl.d/99-z.conf',
        '\nnet.ipv4.tcp_keepalive_time = 2\nnet.ipv4.tcp_keepalive_probes = 9\n',
      ),
      file('/etc/sysctl.conf', 'net.ipv4.tcp_keepalive_time = 3\n'),
      file(own, before),
    ];
    expect(conflictsWith(others, own, wanted).map(({ file: at, line, wins }) => [at, line, wins])).toEqual([
      ['/usr/lib/sysctl.d/50-x.conf', 1, false],
      ['/etc/sysctl.d/99-z.conf', 2, true],
      ['/etc/sysctl.conf', 1, true],
    ]);
  });

  it('records: read as written; the last one of this namespace, or one that outlived a start in a file', () => {
    const value = { name: 'tcp_keepalive_time', before: '7200\n', after: '600\n' };
    const one = { boot: 'a', namespace: 'net:[1]', values: [value], file: null };
    const kept = { ...one, file: { path: '/x', before: null, after: 'y' } };
    const other = { ...one, namespace: 'net:[2]' };
    expect(parseRecords(printRecords([one, kept]))).toEqual([one, kept]);
    expect(parseRecords('nonsense')).toEqual([]);
    expect(parseRecords('{"sets":[{"values":[1],"boot":"a","namespace":"b","file":null}]}')).toEqual([]);
    const here = { boot: 'a', id: 'net:[1]', isOfInit: true };
    expect(lastSet([one, other], here)).toBe(one);
    expect(lastSet([one, kept], { ...here, boot: 'b' })).toBe(kept);
    expect(lastSet([kept], { boot: 'b', id: 'net:[1]', isOfInit: false })).toBeNull();
  });
});

describe('topics', () => {
  it('each is found by each of its names, and by one only', () => {
    const names = topics.flatMap(({ name, aliases }) => [name.toLowerCase(), ...aliases]);
    for (const { name, aliases } of topics) {
      for (const word of [name, name.toUpperCase(), ...aliases]) expect(topicOf(word)?.name).toBe(name);
    }
    const own = names.filter((name, at) => names.indexOf(name) !== at);
    expect(own).toEqual([]);
    expect(topicOf('net.ipv4.tcp_keepalive_intvl')?.name).toBe('TCP_KEEPINTVL');
    expect(topicOf('nonsense')).toBeNull();
  });

  it('each has its sources', () => {
    expect(topics.filter(({ sources }) => sources.length === 0)).toEqual([]);
  });
});
