/** What addresses, routes, banners and tools tell about the way to a server: tables. */
import { describe, expect, it } from 'vitest';
import {
  type AddressKind,
  answersOnLink,
  type FirstStep,
  firstStep,
  kindOfAddress,
  type NatGuess,
  natGuess,
} from '../../../src/core/doctor/addresscheck.js';
import { flawsOf, readBanner } from '../../../src/core/doctor/banner.js';
import type { Contact, PathFacts } from '../../../src/core/doctor/facts.js';
import { hopsFromPing, hopsFromTracepath, hopsFromTraceroute } from '../../../src/core/doctor/routehops.js';
import { cloudOf, likelyMiddleboxes, type Triage, triage } from '../../../src/core/doctor/triage.js';
import { nothingKnown } from '../../../src/core/keepalive/probe/pathmemory.js';

it.each<[string, AddressKind]>([
  ['127.0.0.1', 'loopback'],
  ['127.255.0.9', 'loopback'],
  ['::1', 'loopback'],
  ['169.254.3.4', 'link'],
  ['fe80::1%eth0', 'link'],
  ['10.0.0.1', 'private'],
  ['172.15.0.1', 'public'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.0.1', 'private'],
  ['::ffff:192.168.0.1', 'private'],
  ['fd00::7', 'private'],
  ['100.63.255.255', 'public'],
  ['100.64.0.0', 'shared'],
  ['100.127.255.255', 'shared'],
  ['100.128.0.0', 'public'],
  ['203.0.113.7', 'public'],
  ['2001:db8::1', 'public'],
])('%s is %s', (address, kind) => {
  expect(kindOfAddress(address)).toBe(kind);
});

describe('the first step', () => {
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
tun0\t0000000A\t00000000\t0001\t0\t0\t50\t000000FF\t0\t0\t0
old0\t07710CCB\t00000000\t0000\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`;
  it.each<[string, FirstStep | null]>([
    ['203.0.113.7', { gateway: '192.168.1.1', device: 'eth0' }],
    ['192.168.1.77', { gateway: null, device: 'eth0' }],
    ['10.200.0.1', { gateway: null, device: 'tun0' }],
    ['2001:db8::1', null],
  ])('to %s', (address, step) => {
    expect(firstStep(table, address)).toEqual(step);
  });

  it('none without a route', () => {
    expect(firstStep('', '203.0.113.7')).toBeNull();
  });

  it('who answers on the link', () => {
    const neighbours = `IP address       HW type     Flags       HW address            Mask     Device
192.168.1.1      0x1         0x2         02:00:00:00:00:01     *        eth0
192.168.1.9      0x1         0x0         00:00:00:00:00:00     *        eth0
`;
    expect(answersOnLink(neighbours, '192.168.1.1')).toBe(true);
    expect(answersOnLink(neighbours, '192.168.1.9')).toBe(false);
    expect(answersOnLink(neighbours, '192.168.1.10')).toBeNull();
  });
});

const routed = { gateway: '192.168.1.1', device: 'eth0' };
const linked = { gateway: null, device: 'eth0' };
it.each<[string, string, FirstStep | null, NatGuess]>([
  ['127.0.0.1', '127.0.0.1', null, 'same machine'],
  ['192.168.1.5', '192.168.1.5', null, 'same machine'],
  ['192.168.1.5', '192.168.1.9', linked, 'same link'],
  ['192.168.1.5', '203.0.113.7', routed, 'nat'],
  ['100.70.0.5', '203.0.113.7', routed, 'carrier nat'],
  ['192.168.1.5', '10.0.0.9', routed, 'private ends'],
  ['198.51.100.5', '203.0.113.7', routed, 'none here'],
  ['fd00::5', '2001:db8::1', null, 'nat'],
  ['2001:db8::5', '2001:db8::1', null, 'none here'],
])('from %s to %s: %j: %s', (local, remote, step, guess) => {
  expect(natGuess(local, remote, step)).toBe(guess);
});

describe('how far', () => {
  it.each([
    ['64 bytes from 203.0.113.7: icmp_seq=1 ttl=55 time=11.2 ms', 9],
    ['Reply from 203.0.113.7: bytes=32 time=11ms TTL=117', 11],
    ['64 bytes from 203.0.113.7: icmp_seq=1 ttl=241 time=11.2 ms', 14],
    ['64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.1 ms', 0],
  ])('ping: %s', (text, routers) => {
    expect(hopsFromPing(text)).toMatchObject({ routers, by: 'ping', exact: false });
  });

  it('ping: no answer', () => {
    expect(hopsFromPing('1 packets transmitted, 0 received, 100% packet loss, time 0ms')).toBeNull();
  });

  it('tracepath: its sum, not a trace that did not get there', () => {
    const text = ' 1?: [LOCALHOST]  pmtu 1500\n 1:  192.168.1.1  0.4ms\n 2:  203.0.113.7  9.1ms reached\n';
    expect(hopsFromTracepath(`${text}     Resume: pmtu 1500 hops 2 back 2 \n`)).toMatchObject({
      routers: 1,
      exact: true,
    });
    expect(hopsFromTracepath(text)).toBeNull();
    expect(
      hopsFromTracepath(' 3:  no reply\n     Too many hops: pmtu 1500\n     Resume: pmtu 1500 \n'),
    ).toBeNull();
  });

  it('traceroute: the row of the address itself', () => {
    const head = 'traceroute to 203.0.113.7 (203.0.113.7), 30 hops max, 60 byte packets\n';
    const text = `${head} 1  192.168.1.1  0.4 ms\n 2  *\n 3  203.0.113.7  9.1 ms\n`;
    expect(hopsFromTraceroute(text, '203.0.113.7')).toMatchObject({ routers: 2, exact: true });
    expect(hopsFromTraceroute(`${head} 1  192.168.1.1  0.4 ms\n`, '203.0.113.7')).toBeNull();
  });
});

describe('banners', () => {
  it.each([
    ['SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3', 'OpenSSH 9.2p1 Debian-2+deb12u3', '9.2'],
    ['SSH-2.0-OpenSSH_for_Windows_9.5', 'OpenSSH for Windows 9.5', '9.5'],
    ['SSH-2.0-OpenSSH_10.0', 'OpenSSH 10.0', '10.0'],
    ['SSH-2.0-dropbear_2022.83', 'dropbear 2022.83', null],
    ['SSH-1.99-Cisco-1.25', 'Cisco-1.25', null],
  ])('%s', (line, software, release) => {
    expect(readBanner(`${line}\r`)).toEqual({ text: line, software, release });
  });

  it('HTTP is none', () => {
    expect(readBanner('HTTP/1.1 400 Bad Request')).toBeNull();
  });

  it.each([
    ['8.1', ['before 8.2', 'all, up to 10.5']],
    ['8.2', ['all, up to 10.5']],
    ['9.1', ['all, up to 10.5']],
    ['9.2', ['9.2 to 9.4', 'all, up to 10.5']],
    ['9.4', ['9.2 to 9.4', 'all, up to 10.5']],
    ['9.5', ['all, up to 10.5']],
    ['9.8', ['9.8 on', 'all, up to 10.5']],
    ['10.0', ['9.8 on', 'all, up to 10.5']],
    [null, []],
  ])('what is known of %s', (release, known) => {
    expect(flawsOf(release).map(({ releases }) => releases)).toEqual(known);
    expect(flawsOf(release).every(({ source }) => source !== '')).toBe(true);
  });
});

const path = (contact: Contact, more: Partial<PathFacts> = {}): PathFacts => ({
  through: [],
  to: { name: 'db', hostName: 'db.example.org', port: 22 },
  addresses: ['203.0.113.7'],
  contact,
  banner: null,
  local: null,
  remote: '203.0.113.7',
  step: routed,
  gatewayAnswers: true,
  nat: null,
  hops: null,
  measured: nothingKnown,
  relay: null,
  ...more,
});

describe('what one socket cannot tell apart', () => {
  it.each<[string, PathFacts, Triage]>([
    ['an answer', path({ type: 'answered', roundTripMs: 9 }), 'up'],
    ['no banner', path({ type: 'mute', roundTripMs: 9, said: '' }), 'service mute'],
    ['refused: its kernel answers', path({ type: 'failed', code: 'ECONNREFUSED' }), 'service down'],
    ['silence, the gateway answers', path({ type: 'failed', code: 'ETIMEDOUT' }), 'host down or unreachable'],
    [
      'silence, the gateway is silent too',
      path({ type: 'failed', code: 'ETIMEDOUT' }, { gatewayAnswers: false }),
      'this network down',
    ],
    [
      'the gateway does not answer on the link',
      path({ type: 'failed', code: 'EHOSTUNREACH' }, { gatewayAnswers: false }),
      'this network down',
    ],
    ['a router says so', path({ type: 'failed', code: 'EHOSTUNREACH' }), 'unreachable'],
    [
      'on the same link nobody has the address',
      path({ type: 'failed', code: 'EHOSTUNREACH' }, { step: linked, gatewayAnswers: null }),
      'host down',
    ],
    ['no route', path({ type: 'failed', code: 'ENETUNREACH' }, { step: null }), 'this network down'],
    ['no name', path({ type: 'no address' }), 'no name'],
    ['nobody asked', path({ type: 'skipped', why: 'offline' }), 'not tried'],
  ])('%s', (_name, facts, expected) => {
    expect(triage(facts)).toBe(expected);
  });
});

describe('middleboxes that likely stand there', () => {
  it('by the name of a cloud', () => {
    expect(cloudOf('ec2-203-0-113-7.compute.amazonaws.com')).toBe('AWS');
    expect(cloudOf('amazonaws.com.example.org')).toBeNull();
    const facts = path(
      { type: 'answered', roundTripMs: 9 },
      { to: { name: 'db', hostName: 'x.eu-west-1.compute.amazonaws.com', port: 22 } },
    );
    const middleboxes = likelyMiddleboxes(facts);
    expect(middleboxes.length).toBeGreaterThan(3);
    expect(middleboxes.every(({ middlebox }) => middlebox.startsWith('AWS '))).toBe(true);
  });

  it("by the address: a provider's NAT, a router at home, none", () => {
    const named = (nat: PathFacts['nat']) =>
      likelyMiddleboxes(path({ type: 'answered', roundTripMs: 9 }, { nat })).map(
        ({ middlebox }) => middlebox,
      );
    expect(named('carrier nat').join()).toMatch(/CGNAT.*home gateways.*mobile carriers/);
    expect(named('nat').join()).toMatch(/^home gateways/);
    expect(named('none here')).toEqual([]);
    expect(likelyMiddleboxes(null)).toEqual([]);
  });
});
