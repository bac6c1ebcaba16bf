/** The library's way to edit: a text, or the files on disk. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ConfigChange,
  EditRefusedError,
  editConfigText,
  planConfig,
} from '../../src/edit/configchange.js';
import { scratch } from '../support/guard.js';

const interval = (host: string, value: string): ConfigChange => ({
  ...{ type: 'set', host, option: 'ServerAliveInterval', values: [value] },
});

function refusalOf(edit: () => unknown): EditRefusedError {
  try {
    edit();
  } catch (thrown) {
    if (thrown instanceof EditRefusedError) return thrown;
    throw thrown;
  }
  throw new Error('it was not refused');
}

describe('editConfig', () => {
  const text = 'Host web\n  HostName w\n\nHost db\n  ServerAliveInterval 60\n';

  it('gives the new text, the diff, and who is different now', () => {
    const edited = editConfigText(text, [interval('*', '30')]);
    expect(edited.text).toBe(`${text}\nHost *\n  ServerAliveInterval 30\n`);
    expect(edited.diff).toBe(
      [
        ...['--- config', '+++ config', '@@ -3,3 +3,6 @@', ' ', ' Host db', '   ServerAliveInterval 60'],
        ...['+', '+Host *', '+  ServerAliveInterval 30', ''],
      ].join('\n'),
    );
    expect(edited.changedHosts).toEqual([
      { host: '*', option: 'ServerAliveInterval', before: ['0'], after: ['30'] },
      { host: 'web', option: 'ServerAliveInterval', before: ['0'], after: ['30'] },
    ]);
    expect(edited.keptHosts).toEqual([
      { host: 'db', option: 'ServerAliveInterval', values: ['60'], at: { file: 'config', line: 5 } },
    ]);
  });

  it('checks names and values for the release that reads', () => {
    const set = (option: string, value: string): ConfigChange => ({
      ...{ type: 'set', host: 'db', option, values: [value] },
    });
    const edited = editConfigText('', [set('Tag', 'slow')], { target: '10.0' });
    expect(edited.text).toBe('Host db\n  Tag slow\n');
    expect(edited.changedHosts).toMatchObject([{ option: 'Tag', after: ['slow'] }]);
    for (const [change, release, why] of [
      [set('Tag', 'slow'), '9.2', 'unknown-option'],
      [set('ServerAliveInterval', '+5'), '10.0', 'value'],
      [set('HostKeyAlgorithms', '+ssh-dss'), '10.0', 'value'],
    ] as const) {
      expect(refusalOf(() => editConfigText('', [change], { target: release })).refusal.type).toBe(why);
    }
    expect(editConfigText('', [set('HostKeyAlgorithms', '+ssh-dss')], { target: '9.2' }).text).toContain(
      'dss',
    );
    expect(() => editConfigText('', [], { target: '7.0' })).toThrow(/target: the rules of OpenSSH "7.0"/);
  });

  it('reads files as the release that is named', async () => {
    const { dir, remove } = scratch('plan');
    try {
      const main = path.join(dir, 'config');
      writeFileSync(main, 'Tag slow\nMatch tagged slow\n  User me\n', { mode: 0o600 });
      const configFile = main;
      const { files } = await planConfig([interval('*', '30')], { configFile, target: '10.0' });
      expect(files[0]?.after).toContain('ServerAliveInterval 30');
      await expect(planConfig([interval('*', '30')], { configFile, target: '9.2' })).rejects.toMatchObject({
        refusal: { type: 'file' },
      });
    } finally {
      remove();
    }
  });

  it('makes several changes one after the other', () => {
    const edited = editConfigText(text, [
      interval('web', '10'),
      interval('web', '20'),
      { type: 'remove', host: 'db' },
      { type: 'add', host: 'new', options: [{ option: 'HostName', values: ['n'] }] },
    ]);
    expect(edited.text).toBe('Host web\n  HostName w\n  ServerAliveInterval 20\n\nHost new\n  HostName n\n');
    expect(edited.changedHosts[0]).toEqual({
      ...{ host: 'web', option: 'ServerAliveInterval', before: ['0'], after: ['20'] },
    });
  });

  it('says when there is nothing to do, and which line says so', () => {
    const edited = editConfigText(text, [interval('db', '1m')]);
    expect(edited).toMatchObject({ text, diff: '', changedHosts: [] });
    expect(edited.idle).toMatchObject([{ why: 'already', values: ['60'], at: { file: 'config', line: 5 } }]);
  });

  it('edits what is included and handed in', () => {
    const included = {
      '/c/web.conf': 'Host web\n  ServerAliveInterval 60\n',
      '/c/db.conf': 'Host db\n  User x\n',
    };
    const edited = editConfigText('Include /c/*.conf\n', [interval('web', '30')], { included });
    expect(edited.text).toBe('Include /c/*.conf\n');
    expect(edited.included).toEqual({ '/c/web.conf': 'Host web\n  ServerAliveInterval 30\n' });
    expect(edited.diff).toContain('--- /c/web.conf');
  });

  it('keeps text of every alphabet', () => {
    const edited = editConfigText('# für\nHost büro\n  User ü\n', [
      { type: 'set', host: 'büro', option: 'User', values: ['größe'] },
    ]);
    expect(edited.text).toBe('# für\nHost büro\n  User größe\n');
  });

  it.each([
    [
      interval('web', 'soon'),
      'ServerAliveInterval: "soon" is no time; want a time such as 30, 2m or 1h30m, or none',
    ],
    [
      { type: 'set', host: 'web', option: 'ClientAliveInterval', values: ['30'] },
      'ClientAliveInterval belongs in sshd_config, on the server; ssh refuses a file with it. There: holdfast sshd keepalive --interval ...',
    ],
    [
      { type: 'set', host: 'web', option: 'ServerAliveIntervall', values: ['30'] },
      'ssh has no option "ServerAliveIntervall"; did you mean ServerAliveInterval?',
    ],
    [
      { type: 'append', host: 'web', option: 'Port', values: ['3'] },
      'Port has one value, and the first line wins; use set',
    ],
    [{ type: 'remove', host: 'nope' }, 'the host "nope": no Host line that may be changed has that name'],
    [{ type: 'copy', from: 'web', to: 'db' }, 'the host "db" is there already, at config:4'],
    [
      { type: 'set', host: 'web', option: 'SyslogFacility', values: ['AUTH'] },
      'SyslogFacility of db would change from USER to AUTH, which is no part of the change',
    ],
  ] as const)('refuses %j in words', (change, message) => {
    const refused = refusalOf(() => editConfigText(text, [change]));
    expect(refused.message).toBe(message);
    expect(refused.kind).toBe('usage');
  });

  it('names the line that ssh refuses', () => {
    const refused = refusalOf(() => editConfigText('Host web\n  Bogus 1\n', [interval('web', '3')]));
    expect(refused.message).toBe('ssh refuses the file as it is: config:2: there is no option "Bogus"');
    expect(refused.kind).toBe('config');
  });

  it('shows no value of SetEnv', () => {
    const files = 'Host *\n  SetEnv TOKEN=hush\n';
    const refused = refusalOf(() =>
      editConfigText(files, [{ type: 'set', host: 'web', option: 'SetEnv', values: ['A=secret\n'] }]),
    );
    expect(refused.message).not.toMatch(/hush|secret/);
  });
});

describe('planConfig', () => {
  it('plans about the files on disk, and writes nothing', async () => {
    const { dir, remove } = scratch('plan');
    try {
      const main = path.join(dir, 'main');
      mkdirSync(path.join(dir, 'config.d'));
      writeFileSync(main, `Include ${dir}/config.d/*\n`, { mode: 0o600 });
      writeFileSync(path.join(dir, 'config.d', 'web'), 'Host web\n  ServerAliveInterval 60\n', {
        mode: 0o600,
      });
      const planned = await planConfig([interval('web', '30')], { configFile: main });
      expect(planned.files).toEqual([
        {
          file: path.join(dir, 'config.d', 'web'),
          before: 'Host web\n  ServerAliveInterval 60\n',
          after: 'Host web\n  ServerAliveInterval 30\n',
          created: false,
          newLines: [{ line: 2, text: 'ServerAliveInterval 30', header: 'Host web' }],
        },
      ]);
      expect(readFileSync(path.join(dir, 'config.d', 'web'), 'utf8')).toContain('60');
    } finally {
      remove();
    }
  });

  it('plans a file that is not there yet', async () => {
    const { dir, remove } = scratch('plan');
    try {
      const main = path.join(dir, 'config');
      const { files } = await planConfig([interval('*', '30')], { configFile: main });
      expect(files).toEqual([
        {
          file: main,
          before: '',
          after: 'Host *\n  ServerAliveInterval 30\n',
          created: true,
          newLines: [
            { line: 1, text: 'Host *', header: null },
            { line: 2, text: 'ServerAliveInterval 30', header: 'Host *' },
          ],
        },
      ]);
    } finally {
      remove();
    }
  });
});
