import { describe, expect, it } from 'vitest';
import { clash, withoutRepeats } from '../../src/core/request/forwardlist.js';
import { parseForward, parseForwardLine } from '../../src/core/request/forwardspec.js';
import type { Forward } from '../../src/core/request/request.js';
import type { ForwardSide } from '../../src/core/sshconfig/values/forward.js';
import { accepted, brief, refusedByAll } from '../support/forwards.js';

function understood(kind: ForwardSide, spec: string, gatewayPorts = false): string {
  const result = parseForward(kind, spec, gatewayPorts);
  return result.ok ? brief(result.forward) : 'refused';
}

describe('forwards as they stand after -L, -R and -D', () => {
  it.each(accepted)('%s %j is %s', (kind, spec, expected) => {
    expect(understood(kind, spec)).toBe(expected);
  });

  it.each(refusedByAll)('%s %j is refused', (kind, spec) => {
    expect(understood(kind, spec)).toBe('refused');
  });

  it('allows port 0 for listeners here, and has two known differences from ssh', () => {
    expect(understood('local', '0:db:5432')).toBe('localhost:0 > db:5432');
    expect(understood('dynamic', '0')).toBe('localhost:0 > socks');
    // ssh accepts these two: names of services, and a target without a host.
    expect(understood('local', 'http:h:https')).toBe('refused');
    expect(understood('local', '1::2')).toBe('refused');
  });

  it('listens on every address with GatewayPorts, where no address is given, and only here', () => {
    expect(understood('local', '8080:h:80', true)).toBe('*:8080 > h:80');
    expect(understood('dynamic', '1080', true)).toBe('*:1080 > socks');
    expect(understood('local', 'localhost:8080:h:80', true)).toBe('localhost:8080 > h:80');
    expect(understood('remote', '8080:h:80', true)).toBe('localhost:8080 > h:80');
  });

  it('says what would have been right', () => {
    const message = (kind: ForwardSide, spec: string) => {
      const result = parseForward(kind, spec, false);
      return result.ok ? 'accepted' : result.failure.message;
    };
    expect(message('local', '8080:db')).toBe(
      '-L "8080:db": want [bind_address:]port:host:hostport, as in 8080:db:5432',
    );
    expect(message('local', '8080:db:70000')).toContain('"70000" is no port: 1 to 65535');
    expect(message('dynamic', 'x')).toMatch(/^-D "x": want \[bind_address:\]port, as in 1080/);
    expect(message('remote', 'x:y')).toContain('for SOCKS');
  });

  it('keeps the words of the user', () => {
    const result = parseForward('local', '*:8080:h:80', false);
    expect(result.ok && result.forward.text).toBe('-L *:8080:h:80');
  });
});

describe('forwards as they stand in a configuration', () => {
  it.each<[ForwardSide, string, string]>([
    ['local', '8080 db:80', 'localhost:8080 > db:80'],
    ['local', '"8080" "db:80"', 'localhost:8080 > db:80'],
    ['local', '[::1]:8080 [::2]:80', '[::1]:8080 > [::2]:80'],
    ['local', '8080:db:80', 'localhost:8080 > db:80'],
    ['local', '"/tmp/a b" /tmp/c', '/tmp/a b > /tmp/c'],
    ['remote', '9', 'localhost:9 > socks'],
    ['remote', '9 localhost:3000 # web', 'localhost:9 > localhost:3000'],
    ['dynamic', '1080', 'localhost:1080 > socks'],
  ])('%s %j is %s', (kind, line, expected) => {
    const result = parseForwardLine(kind, line, false);
    expect(result.ok && brief(result.forward)).toBe(expected);
  });

  it.each<[ForwardSide, string]>([
    ['local', '8080'],
    ['local', '8080 db 80'],
    ['local', '"8080 db:80'],
    ['dynamic', '1080 db:80'],
  ])('%s %j is refused', (kind, line) => {
    const result = parseForwardLine(kind, line, false);
    expect(!result.ok && result.failure.kind).toBe('config');
    expect(!result.ok && result.failure.message).toContain(JSON.stringify(line));
  });
});

describe('listeners that are in the way of each other', () => {
  const forwards = (...specs: readonly (readonly [ForwardSide, string])[]): readonly Forward[] =>
    specs.map(([kind, spec]) => {
      const result = parseForward(kind, spec, false);
      if (!result.ok) throw new Error(result.failure.message);
      return result.forward;
    });

  it.each([
    [
      ['local', '1:a:1'],
      ['local', '1:b:1'],
    ],
    [
      ['local', '1:a:1'],
      ['dynamic', '1'],
    ],
    [
      ['local', '*:1:a:1'],
      ['local', '127.0.0.1:1:b:1'],
    ],
    [
      ['local', '*:1:a:1'],
      ['local', '[::1]:1:b:1'],
    ],
    [
      ['local', '0.0.0.0:1:a:1'],
      ['local', '1:b:1'],
    ],
    [
      ['local', '1:a:1'],
      ['local', '[::1]:1:b:1'],
    ],
    [
      ['local', '/s:a:1'],
      ['local', '/s:b:1'],
    ],
    [
      ['remote', '1:a:1'],
      ['remote', '*:1:b:1'],
    ],
  ] as const)('%j and %j', (...specs) => {
    const both = forwards(...specs);
    expect(clash(both)).toEqual(both);
  });

  it.each([
    [
      ['local', '1:a:1'],
      ['local', '2:a:1'],
    ],
    [
      ['local', '1:a:1'],
      ['remote', '1:a:1'],
    ],
    [
      ['local', '0:a:1'],
      ['local', '0:b:1'],
    ],
    [
      ['local', '127.0.0.1:1:a:1'],
      ['local', '[::1]:1:b:1'],
    ],
    [
      ['local', '127.0.0.1:1:a:1'],
      ['local', '127.0.0.2:1:b:1'],
    ],
    [
      ['local', '0.0.0.0:1:a:1'],
      ['local', '[::1]:1:b:1'],
    ],
    [
      ['local', '1:a:1'],
      ['local', '192.0.2.1:1:b:1'],
    ],
    [
      ['local', '/s:a:1'],
      ['local', '1:a:1'],
    ],
  ] as const)('not %j and %j', (...specs) => {
    expect(clash(forwards(...specs))).toBeNull();
  });

  it('counts the same forward twice as one, and two free ports as two', () => {
    const [first, , free, free2] = forwards(
      ['local', '1:a:1'],
      ['local', 'localhost:1:a:1'],
      ['local', '0:a:1'],
      ['local', '0:a:1'],
    );
    expect(withoutRepeats(forwards(['local', '1:a:1'], ['local', 'localhost:1:a:1']))).toEqual([first]);
    expect(withoutRepeats(forwards(['local', '0:a:1'], ['local', '0:a:1']))).toEqual([free, free2]);
  });
});
