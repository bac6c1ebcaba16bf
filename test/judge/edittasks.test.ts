/**
 * Tasks that people bring, judged by `ssh -G`: is the value there, and is everyone else as before? Beside it what most
 * people and tools do: a line at the end of the first block that names the host, or a new block at the end of the file.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../src/core/sshconfig/edit/change.js';
import { planEdits } from '../../src/core/sshconfig/edit/planedits.js';
import type { ResolveInput } from '../../src/core/sshconfig/resolve/resolveinput.js';
import { matchPattern } from '../../src/core/text/pattern.js';
import { machine, sha1, userEnvironment } from '../../src/io/machine.js';
import { FactCache } from '../../src/read/clientconfig.js';
import { scratch } from '../support/guard.js';

/** `@` in a path is the folder; an Include names it so. */
interface Task {
  readonly main: string;
  readonly inc?: string;
  readonly host: string;
  readonly option: string;
  readonly value: string;
  /** Where `ssh -G` must show it: the hosts of a pattern. Default: the host. */
  readonly on?: readonly string[];
  /** Hosts beside `nobody` that must be as before. */
  readonly others?: readonly string[];
}

const alive = (rest: Omit<Task, 'option' | 'value'>): Task => ({
  option: 'ServerAliveInterval',
  value: '30',
  ...rest,
});

const tasks: Readonly<Record<string, Task>> = {
  'a host without the option': alive({ main: 'Host web\n  HostName w\n', host: 'web' }),
  'a host that is not there': alive({ main: 'Host db\n  User x\n', host: 'web', others: ['db'] }),
  'an empty file': alive({ main: '', host: 'web' }),
  'a host with another value': alive({ main: 'Host web\n  ServerAliveInterval 60\n', host: 'web' }),
  'another value under an old name': alive({ main: 'Host web\n  ProtocolKeepAlives 60\n', host: 'web' }),
  'a wildcard below': alive({ main: 'Host web\n  User x\nHost *\n  ServerAliveInterval 60\n', host: 'web' }),
  'a wildcard above': alive({ main: 'Host *\n  ServerAliveInterval 60\nHost web\n  User x\n', host: 'web' }),
  'a new host below a wildcard': alive({ main: 'Host *\n  ServerAliveInterval 60\n', host: 'web' }),
  'a pattern above': alive({
    main: 'Host w*\n  ServerAliveInterval 60\nHost web\n  User x\n',
    host: 'web',
    others: ['w2'],
  }),
  'a line above all headers': alive({ main: 'ServerAliveInterval 60\nHost web\n  User x\n', host: 'web' }),
  'a block that two hosts share': alive({ main: 'Host web db\n  User x\n', host: 'web', others: ['db'] }),
  'a shared block that sets it': alive({
    main: 'Host web db\n  ServerAliveInterval 60\n',
    host: 'web',
    others: ['db'],
  }),
  'a Match above': alive({
    main: 'Match user *\n  ServerAliveInterval 60\nHost web\n  User x\n',
    host: 'web',
  }),
  'a Match on the server': alive({
    main: 'Host web\n  HostName w.corp\nMatch host *.corp\n  ServerAliveInterval 60\n',
    host: 'web',
  }),
  'Match all at the end': alive({ main: 'Host web\n  User x\nMatch all\n  Port 2\n', host: 'web' }),
  'Match final all, as Fedora has it': alive({
    main: 'Host web\n  User x\nMatch final all\n  Compression yes\n',
    host: 'web',
  }),
  'an Include that sets it': alive({
    main: 'Include @/inc\nHost web\n  User x\n',
    inc: 'Host *\n  ServerAliveInterval 60\n',
    host: 'web',
  }),
  'an Include with the host': alive({
    main: 'Include @/inc\n',
    inc: 'Host web\n  ServerAliveInterval 60\n',
    host: 'web',
  }),
  'an Include in a block': alive({
    main: 'Host w*\n  Include @/inc\nHost web\n  User x\n',
    inc: 'ServerAliveInterval 60\n',
    host: 'web',
    others: ['w2'],
  }),
  'a trailing comment on the header': alive({ main: 'Host web # mine\n  User x\n', host: 'web' }),
  'a header in quotes': alive({ main: 'Host "web"\n  User x\n', host: 'web' }),
  'a block that ends with comments of the next': alive({
    main: 'Host web\n  User x\n\n# db\nHost db\n  Port 3\n',
    host: 'web',
    others: ['db'],
  }),
  CRLF: alive({ main: 'Host web\r\n  User x\r\n', host: 'web' }),
  'no line feed at the end': alive({ main: 'Host db\n  User x', host: 'web', others: ['db'] }),
  'a default for all': alive({ main: 'Host db\n  User x\n', host: '*', on: ['nobody', 'db'] }),
  'a default for all, with a Host * at the end': alive({
    main: 'Host db\n  User x\nHost *\n  Port 3\n',
    host: '*',
    on: ['nobody', 'db'],
  }),
  'a default for all that is there': alive({
    main: 'Host *\n  ServerAliveInterval 60\nHost db\n  User x\n',
    host: '*',
    on: ['nobody', 'db'],
  }),
  'a default for a domain': alive({
    main: 'Host *.corp\n  User x\nHost *\n  ServerAliveInterval 60\n',
    host: '*.corp',
    on: ['a.corp'],
  }),
  'a jump where a command is': {
    main: 'Host web\n  ProxyCommand nc %h %p\n',
    host: 'web',
    option: 'ProxyJump',
    value: 'gate',
  },
  'a user for a host that all share': {
    main: 'User me\nHost db\n  Port 3\n',
    host: 'web',
    option: 'User',
    value: 'root',
    others: ['db'],
  },
  'a port behind a negation': {
    main: 'Host * !db\n  Port 3\nHost web\n  User x\n',
    host: 'web',
    option: 'Port',
    value: '4',
    others: ['db'],
  },
  'a known_hosts list that a wildcard has': {
    main: 'Host *\n  UserKnownHostsFile /a /b\nHost web\n  User x\n',
    host: 'web',
    option: 'UserKnownHostsFile',
    value: '/c',
  },
};

/** At the end of the first block that names the host, else a block of its own at the end. */
function obvious(text: string, { host, option, value }: Task): string {
  const lines = text.split(/(?<=\n)/);
  const at = lines.findIndex(
    (line) => /^\s*host\s/i.test(line) && line.trim().split(/\s+/).slice(1).includes(host),
  );
  if (at === -1)
    return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}\nHost ${host}\n  ${option} ${value}\n`;
  let end = at + 1;
  while (end < lines.length && !/^\s*(?:host|match)\s/i.test(lines[end] ?? '')) end += 1;
  const last = lines[end - 1] ?? '';
  if (!last.endsWith('\n')) lines[end - 1] = `${last}\n`;
  lines.splice(end, 0, `  ${option} ${value}\n`);
  return lines.join('');
}

let place: ReturnType<typeof scratch>;
let dir: string;
beforeAll(() => {
  place = scratch('tasks');
  ({ dir } = place);
});
afterAll(() => place.remove());

function lay(task: Task, main: string, inc = task.inc): string {
  const file = path.join(dir, 'main');
  mkdirSync(dir, { recursive: true });
  if (inc !== undefined) writeFileSync(path.join(dir, 'inc'), inc, { mode: 0o600 });
  writeFileSync(file, main.replaceAll('@', dir), { mode: 0o600 });
  return file;
}

function ask(file: string, host: string): Map<string, string> {
  const printed = execFileSync('ssh', ['-F', file, '-G', '--', host], { encoding: 'latin1' });
  const values = new Map<string, string>();
  for (const line of printed.split('\n')) {
    const [key = '', ...rest] = line.split(' ');
    values.set(key, `${values.get(key) ?? ''}${rest.join(' ')}\n`);
  }
  return values;
}

/** Is the value where it was wanted, and nothing else anywhere? */
function isRight(task: Task, change: () => string): boolean {
  const file = lay(task, task.main);
  const targets = task.on ?? [task.host];
  const names = [...new Set([...targets, 'nobody', ...(task.others ?? [])])];
  const before = new Map(names.map((name) => [name, ask(file, name)]));
  change();
  const key = task.option.toLowerCase();
  return names.every((name) => {
    const old = before.get(name) ?? new Map();
    const now = ask(file, name);
    const isTarget = targets.includes(name) || matchPattern(name, task.host);
    const changed = [...new Set([...old.keys(), ...now.keys()])].filter(
      (each) => old.get(each) !== now.get(each),
    );
    if (!isTarget) return changed.length === 0;
    const rival = key === 'proxyjump' ? ['proxycommand', 'proxyusefdpass'] : [];
    return now.get(key) === `${task.value}\n` && changed.every((each) => [key, ...rival].includes(each));
  });
}

async function ours(task: Task): Promise<() => string> {
  const file = lay(task, task.main);
  const here = userEnvironment();
  const facts = {
    user: here.user,
    uid: machine().uid,
    home: here.home,
    machine: machine().name,
    sha1,
    env: {},
  };
  const input: ResolveInput = {
    ...{ host: 'x', user: null, port: null, options: [], files: { type: 'one', path: file } },
    facts: { ...facts, release: '9.2' },
  };
  const change: Change = { type: 'set', host: task.host, option: task.option, values: [task.value] };
  const supplies = new FactCache();
  for (let round = 0; round < 100; round += 1) {
    const plan = planEdits([change], input, supplies);
    if (plan.type === 'needs') {
      for (const need of plan.needs)
        await supplies.supply(need, { query: { host: 'x' }, surroundings: here });
      continue;
    }
    if (plan.type === 'refused') throw new Error(JSON.stringify(plan.refusal));
    return () => {
      for (const { file: name, after } of plan.planned.files) writeFileSync(name, after, 'latin1');
      return '';
    };
  }
  throw new Error('no end of needs');
}

describe('an edit that is asked for', () => {
  it.each(Object.entries(tasks))('takes effect and changes nothing else: %s', async (_, task) => {
    expect(isRight(task, await ours(task))).toBe(true);
  });

  it('is right where the obvious edit often is not', () => {
    const all = Object.values(tasks);
    const right = all.filter((task) => isRight(task, () => lay(task, obvious(task.main, task))));
    console.log(`of ${all.length} tasks the obvious edit does ${right.length}`);
    expect(all).toHaveLength(32);
    expect(right.length).toBeGreaterThan(8);
    expect(right.length).toBeLessThan(24);
  });
});
