import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../src/core/request/destination.js';

describe('destinations', () => {
  it.each([
    ['db', 'db', null, null],
    ['bob@db', 'db', 'bob', null],
    ['a@b@db', 'db', 'a@b', null],
    ['db:2222', 'db:2222', null, null],
    ['::1', '::1', null, null],
    ['[::1]', '::1', null, null],
    ['bob@fe80::1%eth0', 'fe80::1%eth0', 'bob', null],
    ['DOM\\bob@db', 'db', 'DOM\\bob', null],
    ['ssh://db', 'db', null, null],
    ['ssh://db/', 'db', null, null],
    ['ssh://bob@db:2222', 'db', 'bob', 2222],
    ['ssh://b%40x@db', 'db', 'b@x', null],
    ['ssh://bob;fingerprint=z@db:33', 'db', 'bob', 33],
    ['ssh://bob@[::1]:33', '::1', 'bob', 33],
  ])('%s', (text, host, user, port) => {
    expect(parseDestination(text)).toEqual({ ok: true, destination: { host, user, port } });
  });

  it.each([
    '',
    '@db',
    'bob@',
    '-db',
    'bob@-oProxyCommand=x',
    '-l@db',
    'a b',
    'a$b',
    'a;b',
    '`id`@db',
    'db\n',
    'ssh://db/path',
    'ssh://db:0',
    'ssh://db:70000',
    'ssh://db:x',
    'ssh://',
    'ssh://%zz@db',
  ])('%j is refused', (text) => {
    const result = parseDestination(text);
    expect(!result.ok && result.failure.message).toContain(JSON.stringify(text));
  });

  it('keeps a password out of the message', () => {
    const result = parseDestination('ssh://bob:secret@db');
    expect(!result.ok && result.failure.message).toContain('"ssh://bob:***@db"');
  });
});
