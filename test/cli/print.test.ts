/** `run --print`: what would be done, on one screen, and which line says so. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, holdfast, plainEnv } from '../support/holdfast.js';
import { here } from '../support/place.js';

let dir = '';
let remove = () => {};
let config = '';
beforeAll(() => {
  ({ dir, remove } = scratch('print'));
  config = path.join(dir, 'c');
  writeFileSync(
    config,
    [
      'Host db',
      '  HostName db.example.org',
      '  User me',
      '  LocalForward 8080 web:80',
      '  ProxyJump gate',
      '  IdentityFile /keys/db',
      '  ServerAliveInterval 20',
      'Host gate',
      '  HostName gate.example.org',
      '  Port 2222',
      '  User jump',
      'Host far',
      `  ProxyCommand nc -x ${'proxy.'.repeat(9)}example.org:1080 %h %p`,
      'Host *',
      '  TCPKeepAlive no',
      'Host zip',
      '  Compression yes',
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
});
afterAll(() => remove());

/** The page, with the file in the person's home. */
async function printed(...args: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await here.exec(
    process.execPath,
    [bin, 'run', '--print', '-F', config, ...args],
    { env: plainEnv({ HOME: dir }), detached: true },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

/** Runs of blanks are the layout's business. */
const packed = (lines: readonly string[]) => lines.map((line) => line.replace(/ {2,}/g, '  '));

describe('a usual host', () => {
  it('fits a terminal of 80 columns and 24 rows, and is no JSON', async () => {
    const lines = await printed('-L', '5432:localhost:5432', 'alice@db');
    expect(lines.length).toBeLessThanOrEqual(23);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines.join('\n')).not.toMatch(/[{}]/);
  });

  it('each value has its line, option or default', async () => {
    const lines = packed(await printed('-L', '5432:localhost:5432', '--hold', '1m', '-p', '23', 'alice@db'));
    expect(lines.slice(0, 3)).toEqual([
      'db: alice@db.example.org port 23, through gate',
      '-L localhost:5432 -> localhost:5432  command line',
      '-L localhost:8080 -> web:80  ~/c:4',
    ]);
    for (const row of [
      'HostName  db.example.org  ~/c:2',
      'User  alice  command line',
      'Port  23  command line',
      'IdentityFile  /keys/db  ~/c:6',
      'StrictHostKeyChecking  ask  default',
      'ServerAliveInterval  20  ~/c:7',
      'ServerAliveCountMax  3  default',
      'ConnectTimeout  10  default',
      'ProxyJump  gate  ~/c:5',
      '  gate: jump@gate.example.org port 2222',
      'TCPKeepAlive  no  ~/c:15',
      '--hold  60 s  command line',
    ]) {
      expect(lines).toContain(row);
    }
    const zipped = await printed('-D', '1080', 'zip');
    expect(zipped.slice(-2).join('')).toMatch(/note: .*Compression .*c:17\)$/);
  });

  it('an interval that is chosen, and what is given up', async () => {
    const lines = packed(await printed('--interval', 'auto', '--max-attempts', '4', '-D', '1080', 'db'));
    expect(lines).toContain('ServerAliveInterval  auto  command line');
    expect(lines).toContain('--max-attempts  4  command line');
    expect(lines).toContain('-D localhost:1080 -> SOCKS  command line');
  });
});

it('what is long goes on in the next line, and keeps its place', async () => {
  const lines = await printed('-R', '8080:localhost:1', 'far');
  const at = lines.findIndex((line) => line.startsWith('ProxyCommand'));
  expect(packed(lines.slice(at, at + 4)).join('')).toMatch(
    /^ProxyCommand {2}nc -x {2}proxy\.\S+example\.org:1080 {2}far 22 {2}~\/c:13$/,
  );
});

it('control characters of a file are shown and not sent', async () => {
  writeFileSync(path.join(dir, 'odd'), 'Host odd\n  IdentityFile "/keys/\u001b[2Jx"\n', { mode: 0o600 });
  const { stdout } = await holdfast(...['run', '--print', '-F', path.join(dir, 'odd'), '-D', '1080', 'odd']);
  expect(stdout).toContain('/keys/^[[2Jx');
});

it('with --json it is the request, as one object', async () => {
  const { stdout } = await holdfast('run', '--print', '--json', '-F', config, '-D', '1080', 'db');
  expect(JSON.parse(stdout)).toMatchObject({
    host: 'db',
    route: { type: 'jump', hops: [{ host: 'gate' }] },
    forwards: [{ text: '-D 1080' }, { text: 'LocalForward 8080 [web]:80' }],
  });
});
