/** Forwards as people write them, and what they mean; ssh's own answer to each is checked in test/io. */

import type { Forward, Listen, Target } from '../../src/core/request/request.js';
import type { ForwardSide } from '../../src/core/sshconfig/values/forward.js';

/** A forward in one line: `8080 > h:80`, `[::1]:8080 > socks`, `/a > /b`, `*:1`. */
export function brief(forward: Forward): string {
  const end = (one: Listen | Target): string => {
    if (one.type === 'stdio') return 'stdio';
    if (one.type === 'socks') return 'socks';
    if (one.type === 'unix') return one.path;
    return `${one.host === '' ? '*' : one.host.includes(':') ? `[${one.host}]` : one.host}:${one.port}`;
  };
  return `${end(forward.listen)} > ${end(forward.target)}`;
}

export const accepted: readonly (readonly [ForwardSide, string, string])[] = [
  ['local', '8080:h:80', 'localhost:8080 > h:80'],
  ['local', ':8080:h:80', '*:8080 > h:80'],
  ['local', '*:8080:h:80', '*:8080 > h:80'],
  ['local', '0.0.0.0:8080:h:80', '0.0.0.0:8080 > h:80'],
  ['local', 'localhost:1:h:2', 'localhost:1 > h:2'],
  ['local', '127.0.0.1:1:h:2', '127.0.0.1:1 > h:2'],
  ['local', '[::1]:8080:[fe80::1]:80', '[::1]:8080 > [fe80::1]:80'],
  ['local', '8080:[2001:db8::7]:80', 'localhost:8080 > [2001:db8::7]:80'],
  ['local', '/tmp/s:h:80', '/tmp/s > h:80'],
  ['local', '80:/tmp/s', 'localhost:80 > /tmp/s'],
  ['local', '127.0.0.1:80:/tmp/s', '127.0.0.1:80 > /tmp/s'],
  ['local', '/a:/b', '/a > /b'],
  ['local', '[/tmp/x]:h:80', '/tmp/x > h:80'],
  ['local', '[/tmp/a:b]:[/tmp/c:d]', '/tmp/a:b > /tmp/c:d'],
  ['local', '/tmp/a\\:b:h:80', '/tmp/a:b > h:80'],
  ['local', '8080:run/db.sock', 'localhost:8080 > run/db.sock'],
  ['local', 'run/a:run/b', 'run/a > run/b'],
  ['local', ' 8080:h:80', 'localhost:8080 > h:80'],
  ['local', '8080:h:80:', 'localhost:8080 > h:80'],
  ['local', '08080:h:080', 'localhost:8080 > h:80'],
  ['local', '65535:h:65535', 'localhost:65535 > h:65535'],
  ['remote', '8080:h:80', 'localhost:8080 > h:80'],
  ['remote', ':80:h:80', '*:80 > h:80'],
  ['remote', '*:8080:h:80', '*:8080 > h:80'],
  ['remote', '0:h:1', 'localhost:0 > h:1'],
  ['remote', '0', 'localhost:0 > socks'],
  ['remote', '8080', 'localhost:8080 > socks'],
  ['remote', '*:8080', '*:8080 > socks'],
  ['remote', ':80', '*:80 > socks'],
  ['remote', '127.0.0.1:8080', '127.0.0.1:8080 > socks'],
  ['remote', '/tmp/s', '/tmp/s > socks'],
  ['remote', '/a:h:80', '/a > h:80'],
  ['remote', '1:/b', 'localhost:1 > /b'],
  ['remote', '/a:/b', '/a > /b'],
  ['dynamic', '1080', 'localhost:1080 > socks'],
  ['dynamic', '*:1080', '*:1080 > socks'],
  ['dynamic', ':1080', '*:1080 > socks'],
  ['dynamic', '[::1]:1080', '[::1]:1080 > socks'],
  ['dynamic', '/tmp/s', '/tmp/s > socks'],
];

export const refusedByAll: readonly (readonly [ForwardSide, string])[] = [
  ['local', ''],
  ['local', '8080'],
  ['local', '8080:db'],
  ['local', '1:h'],
  ['local', 'a:b'],
  ['local', '/tmp/s'],
  ['local', '*:/tmp/s'],
  ['local', '127.0.0.1/8080/h/80'],
  ['local', '::1/80/h/80'],
  ['local', '::1:80:h:80'],
  ['local', '65536:h:1'],
  ['local', '1:h:0'],
  ['local', '1:h:70000'],
  ['local', '8080:h:80 '],
  ['local', '-1:h:80'],
  ['local', '1:2:3:4:5'],
  ['local', '[::1:80:h:80'],
  ['local', '[::1]x:80:h:80'],
  ['local', 'b:/1:h:80'],
  ['local', `/${'a'.repeat(108)}:h:80`],
  ['remote', '5:::1:2'],
  ['remote', '::80'],
  ['remote', 'h:1:2'],
  ['remote', '\\/a'],
  ['remote', ''],
  ['dynamic', 'a:b:c'],
  ['dynamic', '1080:h:80'],
  ['dynamic', 'a'],
  ['dynamic', ''],
];
