/** What the socket of our own connection is asked to have: read, refused, and told. */
import { describe, expect, it } from 'vitest';
import {
  lackTexts,
  parseSocketOption,
  requestedSocketOptions,
  type SocketOptionName,
  type SocketValues,
  userTimeoutWarning,
  valuesText,
} from '../../../src/core/keepalive/socketoptions.js';
import { parseTcpInfoBytes } from '../../../src/core/keepalive/tcpinfo.js';

describe('an option of the command line is', () => {
  it.each([
    ['tcp-keepalive', '15:5:3', { tcpKeepalive: { idleS: 15, intervalS: 5, probes: 3 } }],
    ['tcp-keepalive', '2m:1m30s:127', { tcpKeepalive: { idleS: 120, intervalS: 90, probes: 127 } }],
    ['tcp-keepalive', '32767:32767:1', { tcpKeepalive: { idleS: 32_767, intervalS: 32_767, probes: 1 } }],
    ['tcp-user-timeout', '20', { tcpUserTimeoutMs: 20_000 }],
    ['tcp-user-timeout', '1h30m', { tcpUserTimeoutMs: 5_400_000 }],
    ['tcp-notsent-lowat', '131072', { tcpNotsentLowatBytes: 131_072 }],
    ['tcp-notsent-lowat', '128k', { tcpNotsentLowatBytes: 131_072 }],
    ['tcp-notsent-lowat', '1M', { tcpNotsentLowatBytes: 1_048_576 }],
  ] as const)('read: --%s %s', (name, text, options) => {
    expect(parseSocketOption(name, text)).toEqual({ ok: true, options });
  });

  it.each([
    ['tcp-keepalive', '15', 'want idle:interval:probes, as in 15:5:3 or 1m:10s:3'],
    ['tcp-keepalive', '15:5', 'want idle:interval:probes'],
    ['tcp-keepalive', '15:5:3:9', 'want idle:interval:probes'],
    ['tcp-keepalive', '15:5:3s', 'want idle:interval:probes'],
    ['tcp-keepalive', '-1:5:3', 'want idle:interval:probes'],
    ['tcp-keepalive', '0:5:3', 'idle 0: want a whole number from 1 to 32767 s'],
    ['tcp-keepalive', '32768:5:3', 'idle 32768: want a whole number from 1 to 32767 s'],
    ['tcp-keepalive', '15:10h:3', 'interval 36000: want a whole number from 1 to 32767 s'],
    ['tcp-keepalive', '15:5:128', 'probes 128: want a whole number from 1 to 127'],
    ['tcp-keepalive', '15:5:0', 'probes 0: want a whole number from 1 to 127'],
    ['tcp-user-timeout', 'soon', 'want a time such as 30, 30s, 2m or 1h30m'],
    ['tcp-user-timeout', '0', 'it is 0: want a whole number from 1 to 2147483647 ms'],
    ['tcp-user-timeout', '25d', 'it is 2160000000: want a whole number from 1 to 2147483647 ms'],
    ['tcp-notsent-lowat', '128kb', 'want bytes, as in 131072, 128k or 1m'],
    ['tcp-notsent-lowat', '0', 'it is 0: want a whole number from 1 to 2147483647 bytes'],
    ['tcp-notsent-lowat', '4096m', 'it is 4294967296: want a whole number'],
  ] as const satisfies readonly (readonly [SocketOptionName, string, string])[])(
    'refused: --%s %s',
    (name, text, why) => {
      const parsed = parseSocketOption(name, text);
      expect(parsed.ok ? '' : parsed.why).toContain(why);
    },
  );
});

const values: SocketValues = {
  keepAlive: true,
  idleS: 15,
  intervalS: 5,
  probes: 3,
  userTimeoutMs: 0,
  notsentLowatBytes: 0,
};
const all = requestedSocketOptions({
  tcpKeepalive: { idleS: 15, intervalS: 5, probes: 3 },
  tcpUserTimeoutMs: 20_000,
  tcpNotsentLowatBytes: 131_072,
});

describe('what the kernel has', () => {
  it.each([
    [values, 'idle 15 s, interval 5 s, 3 probes: a dead peer is noticed 30 s after its last word; read back'],
    // The first tick that is not before the user timeout: 20 s below the count's 30 s, 31 s above.
    [{ ...values, userTimeoutMs: 20_000 }, 'noticed 20 s after its last word; user timeout 20 s; read back'],
    [{ ...values, userTimeoutMs: 31_000 }, 'noticed 35 s after its last word; user timeout 31 s; read back'],
    // Never before one interval has passed after the first probe.
    [{ ...values, userTimeoutMs: 1_000 }, 'noticed 20 s after its last word; user timeout 1 s; read back'],
    [
      { ...values, notsentLowatBytes: 131_072 },
      'last word; at most 131072 bytes written and not sent; read back',
    ],
    [{ ...values, keepAlive: false }, 'TCP keepalive off; read back from the kernel'],
  ])('%j', (have, text) => {
    expect(valuesText(have)).toContain(text);
  });

  it('a user timeout is warned of: what it replaces, and whom it kills', () => {
    expect(userTimeoutWarning(all)).toBe(
      'TCP user timeout 20 s replaces the 3 probes: an idle dead peer is noticed after 20 s, not 30 s; it also ends a healthy connection whose peer takes no data for so long, as a slow reader does',
    );
    expect(userTimeoutWarning(requestedSocketOptions({ tcpUserTimeoutMs: 20_000 }))).toContain(
      "replaces the count of TCP keepalive's probes; it also ends",
    );
    const alike = requestedSocketOptions({
      tcpKeepalive: { idleS: 15, intervalS: 5, probes: 3 },
      tcpUserTimeoutMs: 30_000,
    });
    expect(userTimeoutWarning(alike)).toContain('is noticed after 30 s, as before; it also ends');
    expect(userTimeoutWarning(requestedSocketOptions({}))).toBeNull();
  });
});

describe('what was asked for and is not in force is said', () => {
  const lack = 'the optional package koffi is not installed';
  const had = { ...values, userTimeoutMs: 20_000, notsentLowatBytes: 131_072 };

  it('nothing, where all of it is', () => {
    expect(lackTexts(all, { values: had, keepaliveSet: false, lack: '' })).toEqual([]);
    expect(lackTexts(requestedSocketOptions({}), { values: null, keepaliveSet: false, lack })).toEqual([]);
  });

  it('each by itself, where there is no way', () => {
    expect(lackTexts(all, { values: null, keepaliveSet: false, lack })).toEqual([
      `TCP keepalive 15:5:3 could not be set: this Node cannot (24.19 and later can), and ${lack}; the values of the system hold`,
      `TCP user timeout 20 s could not be set: Node cannot, and ${lack}`,
      `TCP_NOTSENT_LOWAT 131072 could not be set: Node cannot, and ${lack}`,
    ]);
  });

  it('without keepalive, where Node has set that', () => {
    expect(lackTexts(all, { values: null, keepaliveSet: true, lack }).join('\n')).not.toContain('15:5:3');
  });

  it('with what the kernel has instead', () => {
    const given = { values: { ...had, intervalS: 75, userTimeoutMs: 0 }, keepaliveSet: false, lack: '' };
    expect(lackTexts(all, given)).toEqual([
      'TCP keepalive 15:5:3 could not be set: the kernel has 15:75:3',
      'TCP user timeout 20 s could not be set: the kernel has 0 ms',
    ]);
    const off = { values: { ...had, keepAlive: false }, keepaliveSet: false, lack: '' };
    expect(lackTexts(all, off)).toHaveLength(1);
  });
});

describe('struct tcp_info', () => {
  it.each([true, false])('little-endian %s', (littleEndian) => {
    const bytes = new Uint8Array(104);
    const view = new DataView(bytes.buffer);
    bytes[3] = 2;
    view.setUint32(52, 9_000, littleEndian);
    view.setUint32(56, 4_000, littleEndian);
    view.setUint32(68, 12_500, littleEndian);
    expect(parseTcpInfoBytes(bytes, littleEndian)).toEqual({ unanswered: 2, silentMs: 4_000, rttMs: 12.5 });
  });

  it('too short to say anything', () => {
    expect(parseTcpInfoBytes(new Uint8Array(40), true)).toBeNull();
  });
});
