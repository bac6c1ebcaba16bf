/** Where an edit of sshd_config goes, byte by byte, and what is refused. */
import { describe, expect, it } from 'vitest';
import { clientAlive, strideOf } from '../../../src/core/keepalive/serverkeepalive.js';
import type { FileAnswer } from '../../../src/core/sshconfig/resolve/resolveinput.js';
import {
  addressesToProbe,
  commandOfTitle,
  reloadWay,
  unitsOf,
} from '../../../src/core/sshconfig/sshd/edit/reload.js';
import { planServerEdit, type ServerPlan } from '../../../src/core/sshconfig/sshd/edit/serverplan.js';
import { formatServerValue } from '../../../src/core/sshconfig/sshd/edit/servervalue.js';
import type { SshdFiles } from '../../../src/core/sshconfig/sshd/edit/sshdfiles.js';
import { stageFiles } from '../../../src/core/sshconfig/sshd/edit/stagedcopy.js';
import { noServerAnswers } from '../../../src/core/sshconfig/sshd/serverinput.js';
import { serverKeywordOf } from '../../../src/core/sshconfig/sshd/serverkeywords.js';

const keyword = (name: string) => {
  const found = serverKeywordOf(name.toLowerCase());
  if (found === undefined) throw new Error(`no keyword ${name}`);
  return found;
};

const file = (text: string): FileAnswer => ({
  type: 'file',
  text,
  mode: 0o644,
  uid: 0,
  groupIsPrivate: false,
});

/** A machine with these files; `/etc/ssh/d/*.conf` finds those of that folder. */
function world(main: string, dropIns: Readonly<Record<string, string>> = {}): SshdFiles {
  const folder = Object.entries(dropIns).map(([name, text]) => [`/etc/ssh/d/${name}`, file(text)] as const);
  const files = new Map<string, FileAnswer>([
    ['/etc/ssh/sshd_config', file(main)],
    ...folder,
    ['/etc/ssh/d', { type: 'directory', text: '', mode: 0o755, uid: 0, groupIsPrivate: false }],
  ]);
  if (!files.has('/etc/ssh/d/00-holdfast.conf'))
    files.set('/etc/ssh/d/00-holdfast.conf', { type: 'missing' });
  const connection = {
    user: null,
    host: null,
    address: null,
    localAddress: null,
    localPort: null,
    routingDomain: null,
  };
  return {
    input: { main: '/etc/ssh/sshd_config', connection, facts: { home: '/root', directory: '/' } },
    answers: {
      ...noServerAnswers,
      files,
      globs: new Map([['/etc/ssh/d/*.conf', folder.map(([path]) => path).sort()]]),
      groups: new Map(['holdfast-stranger', 'backup', 'x'].map((user) => [user, null])),
    },
  };
}

function planned(
  before: SshdFiles,
  option: string,
  value: string | null,
  match: string | null = null,
): ServerPlan {
  return planServerEdit(before, { changes: [{ keyword: keyword(option), value }], match });
}

/** The files that change, by name. */
function changed(before: SshdFiles, option: string, value: string | null, match: string | null = null) {
  const plan = planned(before, option, value, match);
  if (plan.type !== 'planned') throw new Error(JSON.stringify(plan));
  return Object.fromEntries(plan.files.map(({ file: path, after }) => [path.replace(/^.*\//, ''), after]));
}

const main = (before: string, option: string, value: string | null, match: string | null = null) =>
  changed(world(before), option, value, match).sshd_config;

const introduction = '# By "holdfast sshd". The first value counts, so this file comes first.\n';

describe('a value in a line', () => {
  const kept: [before: string, value: string, after: string][] = [
    ['clientaliveINTERVAL = 30 # why\n', '15', 'clientaliveINTERVAL = 15 # why\n'],
    ['\tClientAliveInterval\t"30"  \r\n', '15', '\tClientAliveInterval\t"15"  \r\n'],
    ["ClientAliveInterval '30'", '1m', "ClientAliveInterval '1m'"],
    [
      'ClientAliveInterval 30\nClientAliveInterval 60\n',
      '15',
      'ClientAliveInterval 15\nClientAliveInterval 60\n',
    ],
  ];
  it.each(kept)('%j becomes %s: spelling, separator, quotes and comment stay', (before, value, after) => {
    expect(main(before, 'ClientAliveInterval', value)).toBe(after);
  });

  it('that is the rest of the line is replaced whole, an alias stays an alias', () => {
    expect(main('ForceCommand a "b" # c\n', 'ForceCommand', 'x # y')).toBe('ForceCommand x # y\n');
    expect(main('KeepAlive yes\n', 'TCPKeepAlive', 'no')).toBe('KeepAlive no\n');
  });

  it('of a list that adds up becomes the whole list', () => {
    const before = 'AllowUsers a b # these\nUsePAM yes\nAllowUsers c\n';
    expect(main(before, 'AllowUsers', 'x')).toBe('AllowUsers x # these\nUsePAM yes\n');
  });

  it('of the one Subsystem that is named', () => {
    const before = 'Subsystem sftp /a\nSubsystem other /b\n';
    expect(main(before, 'Subsystem', 'other /c')).toBe('Subsystem sftp /a\nSubsystem other /c\n');
  });

  it.each([
    ['ClientAliveInterval 30\n', '0m30s'],
    ['', '0'],
  ])('%j is %s already', (before, value) => {
    expect(changed(world(before), 'ClientAliveInterval', value)).toEqual({});
  });
});

describe('a new line', () => {
  const block = 'Match User backup\n    X11Forwarding no\n';
  const placed: [why: string, before: string, after: string][] = [
    ['into an empty file', '', 'ClientAliveInterval 15\n'],
    [
      'below the line that has it as a comment',
      '#ClientAliveInterval 0\nUsePAM yes\n',
      '#ClientAliveInterval 0\nClientAliveInterval 15\nUsePAM yes\n',
    ],
    [
      'not below prose',
      '# ClientAliveInterval is good\nUsePAM yes\n',
      '# ClientAliveInterval is good\nUsePAM yes\nClientAliveInterval 15\n',
    ],
    [
      'above a trailing Match',
      `UsePAM yes\n\n# backup\n${block}`,
      `UsePAM yes\nClientAliveInterval 15\n\n# backup\n${block}`,
    ],
    [
      'above a Match with nothing but comments in front',
      `# all\n\n# backup\n${block}`,
      `# all\nClientAliveInterval 15\n\n# backup\n${block}`,
    ],
    ['above a Match that is all there is', block, `ClientAliveInterval 15\n${block}`],
    [
      'with the indent and the line ends of the file',
      '  UsePAM yes\r\n',
      '  UsePAM yes\r\n  ClientAliveInterval 15\r\n',
    ],
    ['without a last line feed where there was none', 'UsePAM yes', 'UsePAM yes\nClientAliveInterval 15'],
  ];
  it.each(placed)('%s', (_, before, after) => {
    expect(main(before, 'ClientAliveInterval', '15')).toBe(after);
  });

  it('is written as sshd_config(5) spells the option, whatever was typed', () => {
    expect(main('', 'clientaliveinterval', '15')).toBe('ClientAliveInterval 15\n');
  });

  it('goes into 00-holdfast.conf where the main file includes its folder', () => {
    const text = `Include /etc/ssh/d/*.conf\n${block}`;
    const cloud = { '50-cloud-init.conf': 'PasswordAuthentication no\n' };
    expect(changed(world(text, cloud), 'PasswordAuthentication', 'yes')).toEqual({
      '00-holdfast.conf': `${introduction}PasswordAuthentication yes\n`,
    });
    const own = { ...cloud, '00-holdfast.conf': 'X11Forwarding no\n' };
    expect(changed(world(text, own), 'PasswordAuthentication', 'yes')).toEqual({
      '00-holdfast.conf': 'X11Forwarding no\nPasswordAuthentication yes\n',
    });
  });

  it('goes above the Include of a file that would win', () => {
    const text = 'UsePAM yes\nInclude /etc/ssh/d/*.conf\n';
    const before = world(text, { '50-cloud-init.conf': 'PasswordAuthentication no\n' });
    const files = new Map(before.answers.files).set('/etc/ssh/d', { type: 'missing' });
    const noFolder = { ...before, answers: { ...before.answers, files } };
    expect(changed(noFolder, 'PasswordAuthentication', 'yes')).toEqual({
      sshd_config: 'UsePAM yes\nPasswordAuthentication yes\nInclude /etc/ssh/d/*.conf\n',
    });
  });

  it('comes last where the last line counts', () => {
    const text = 'Include /etc/ssh/d/*.conf\nUsePAM yes\n';
    const before = world(text, { '10-mine.conf': 'IPQoS cs1\n' });
    expect(changed(before, 'IPQoS', 'cs2')).toEqual({ '10-mine.conf': 'IPQoS cs2\n' });
    const theirs = world(text, { '50-redhat.conf': 'IPQoS cs1\n' });
    expect(changed(theirs, 'IPQoS', 'cs2')).toEqual({ sshd_config: `${text}IPQoS cs2\n` });
  });
});

describe('what another tool marks as its own', () => {
  const block = '# BEGIN ANSIBLE MANAGED BLOCK\nX11Forwarding yes\nUsePAM yes\n# END ANSIBLE MANAGED BLOCK\n';

  it('is not entered: a new line goes behind it, another value in front of it or into a drop-in', () => {
    expect(main(`${block}Match User x\n`, 'ClientAliveInterval', '15')).toBe(
      `${block}ClientAliveInterval 15\nMatch User x\n`,
    );
    expect(main(block, 'X11Forwarding', 'no')).toBe(`X11Forwarding no\n${block}`);
    const folder = world(`Include /etc/ssh/d/*.conf\n${block}`, {});
    expect(changed(folder, 'X11Forwarding', 'no')).toEqual({
      '00-holdfast.conf': `${introduction}X11Forwarding no\n`,
    });
    expect(planned(world(block), 'X11Forwarding', null)).toMatchObject({
      type: 'refused',
      refusal: { reason: 'of another tool' },
    });
  });

  it('may be the whole main file, and then a drop-in is taken', () => {
    const text = '# Ansible managed\nInclude /etc/ssh/d/*.conf\nX11Forwarding yes\n';
    expect(changed(world(text), 'X11Forwarding', 'no')).toEqual({
      '00-holdfast.conf': `${introduction}X11Forwarding no\n`,
    });
  });
});

describe('a value for a Match line', () => {
  const two = 'Match Group admins\n\tX11Forwarding yes\n\nMatch  user backup # him\n\tX11Forwarding no\n';
  it('goes into the block with the same criteria', () => {
    expect(main(two, 'X11Forwarding', 'yes', 'User backup')).toBe(two.replace('no', 'yes'));
    expect(main(two, 'PermitTTY', 'no', 'User backup')).toBe(`${two}\tPermitTTY no\n`);
  });

  it('makes a block at the end, with the indent of the others', () => {
    expect(main(two, 'PermitTTY', 'no', 'User x')).toBe(`${two}\nMatch User x\n\tPermitTTY no\n`);
    expect(main('UsePAM yes', 'PermitTTY', 'no', 'User x')).toBe(
      'UsePAM yes\n\nMatch User x\n    PermitTTY no',
    );
  });

  it('makes one above the block that would win', () => {
    const wide = 'UsePAM yes\n\n# all\nMatch User *\n  PermitTTY yes\n';
    expect(main(wide, 'PermitTTY', 'no', 'User x')).toBe(
      'UsePAM yes\n\nMatch User x\n  PermitTTY no\n\n# all\nMatch User *\n  PermitTTY yes\n',
    );
  });

  it('goes with its block when it is taken out again', () => {
    const text = 'UsePAM yes\n\nMatch User x\n    PermitTTY no\n';
    expect(main(text, 'PermitTTY', null, 'User x')).toBe('UsePAM yes\n\n');
    expect(main(two, 'X11Forwarding', null, 'User backup')).toBe(two.slice(0, two.indexOf('Match  user')));
  });
});

describe('an option taken out', () => {
  it('loses every line that counts for all connections, and none of a block', () => {
    const text = 'X11Forwarding yes\nUsePAM yes\nx11forwarding no\nMatch User x\n  X11Forwarding yes\n';
    expect(main(text, 'X11Forwarding', null)).toBe('UsePAM yes\nMatch User x\n  X11Forwarding yes\n');
  });

  it('keeps the line of another tool, and says so', () => {
    const text = 'Include /etc/ssh/d/*.conf\nX11Forwarding yes\n';
    const plan = planned(world(text, { '50-cloud-init.conf': 'X11Forwarding no\n' }), 'X11Forwarding', null);
    expect(plan).toMatchObject({
      files: [{ after: 'Include /etc/ssh/d/*.conf\n' }],
      steps: [{ kept: ['/etc/ssh/d/50-cloud-init.conf:1'] }],
    });
  });
});

describe('refused is', () => {
  const joinedByNul: SshdFiles = (({ input, answers }) => ({
    input,
    answers: { ...answers, joined: new Set([input.main]) },
  }))(world('UsePAM no\n'));
  const cases: [
    reason: string,
    before: SshdFiles,
    option: string,
    value: string | null,
    match: string | null,
  ][] = [
    ['value', world(''), 'Port', '70000', null],
    ['value', world(''), 'X11Forwarding', 'maybe', null],
    ['criteria', world(''), 'X11Forwarding', 'no', 'User !bob'],
    ['criteria', world(''), 'X11Forwarding', 'no', 'Nobody x'],
    ['not in a block', world(''), 'Port', '22', 'User x'],
    ['refused before', world('Nonsense 1\n'), 'X11Forwarding', 'no', null],
    ['refused after', world(''), 'AuthorizedKeysCommand', '/bin/x', null],
    [
      'of another tool',
      world('Include /etc/ssh/d/*.conf\n', { '50-cloud-init.conf': 'AllowUsers a\n' }),
      'AllowUsers',
      'b',
      null,
    ],
    [
      'of another tool',
      world('Include /etc/ssh/d/*.conf\n', { '50-cloud-init.conf': 'X11Forwarding yes\n' }),
      'X11Forwarding',
      null,
      null,
    ],
    [
      'shadowed',
      world('Include /etc/ssh/d/*.conf\n', { '00-cloud-init.conf': 'Match User *\n  PermitTTY yes\n' }),
      'PermitTTY',
      'no',
      'User x',
    ],
    ['unreadable', joinedByNul, 'UseDNS', 'yes', null],
  ];
  it.each(cases)('%s', (reason, before, option, value, match) => {
    expect(planned(before, option, value, match)).toMatchObject({ type: 'refused', refusal: { reason } });
  });
});

describe('a change for some connections', () => {
  const narrow = 'X11Forwarding yes\nMatch User git,x Address 10.0.0.0/8\n  X11Forwarding no\n';

  it('names the block above that goes on for a few of them, also where all the others have it already', () => {
    const override = { line: 3, header: 'Match User git,x Address 10.0.0.0/8', value: 'no' };
    const already = planned(world(narrow), 'X11Forwarding', 'yes', 'User git');
    expect(already).toMatchObject({ files: [], steps: [{ overrides: [override] }] });
    const own = `${narrow}Match User git\n  X11Forwarding no\n`;
    const changed = planned(world(own), 'X11Forwarding', 'yes', 'User git');
    expect(changed).toMatchObject({ steps: [{ overrides: [override] }] });
  });

  it('names no block that none of them fits, or that says the same', () => {
    for (const match of ['User bob', 'Address 192.168.0.0/16']) {
      const plan = planned(world(narrow), 'X11Forwarding', 'yes', match);
      expect(plan).toMatchObject({ steps: [{ overrides: [] }] });
    }
    const same = planned(world(narrow.replace('no', 'yes')), 'X11Forwarding', 'yes', 'User git');
    expect(same).toMatchObject({ steps: [{ overrides: [] }] });
  });
});

describe('blocks that override', () => {
  it('are named', () => {
    const text = 'Match User backup\n  ClientAliveInterval 300\nMatch all\n  UseDNS no\n';
    const plan = planned(world(text), 'ClientAliveInterval', '15');
    expect(plan).toMatchObject({
      steps: [{ overrides: [{ line: 3, header: 'Match User backup', value: '300' }] }],
    });
  });
});

describe('a value as typed', () => {
  const typed: [option: string, words: string[], written: string | null][] = [
    ['Banner', ['/a b'], '"/a b"'],
    ['Banner', ['"/a b"'], '"/a b"'],
    ['Banner', ['#x'], '"#x"'],
    ['AllowUsers', ['alice bob'], 'alice bob'],
    ['AllowUsers', ['alice', 'bob'], 'alice bob'],
    ['ForceCommand', ['echo', '"a b"'], 'echo "a b"'],
    ['Banner', ['a\nb'], null],
  ];
  it.each(typed)('%s %j is written %j', (option, words, written) => {
    expect(formatServerValue(keyword(option), words)).toBe(written);
  });
});

describe('the rehearsal', () => {
  it('is a copy of every file, with each Include on its line naming the copies', () => {
    const before = world('Include /etc/ssh/d/*.conf d/none\nUsePAM yes\n', {
      'a.conf': 'X11Forwarding no\n',
    });
    const globs = new Map(before.answers.globs).set('/etc/ssh/d/none', []);
    const files = stageFiles({ ...before, answers: { ...before.answers, globs } }, '/tmp/x y');
    expect(files).toEqual([
      {
        name: 'file000000',
        path: '/etc/ssh/sshd_config',
        text: 'Include "/tmp/x y/file000001"\nUsePAM yes\n',
      },
      { name: 'file000001', path: '/etc/ssh/d/a.conf', text: 'X11Forwarding no\n' },
    ]);
  });
});

describe('the way to reload', () => {
  const facts = {
    configFile: '/etc/ssh/sshd_config',
    pidFile: '/run/sshd.pid',
    running: null,
    units: [],
    portsChange: false,
  };
  const units = (name: string, mainPid = 0) => [{ name, active: true, mainPid }];
  const command = ['/usr/sbin/sshd', '-D'];
  const ways: [why: string, facts: Parameters<typeof reloadWay>[0], by: object][] = [
    [
      'the unit whose process it is',
      { ...facts, running: { pid: 7, command }, units: units('sshd.service', 7) },
      { by: 'unit', unit: 'sshd.service' },
    ],
    [
      'the process, where it is no unit of systemd',
      { ...facts, running: { pid: 7, command }, units: units('ssh.service', 8) },
      { by: 'signal', pid: 7 },
    ],
    [
      'the unit, where there is no PidFile',
      { ...facts, units: units('ssh.service', 8) },
      { by: 'unit', unit: 'ssh.service' },
    ],
    [
      'nothing, where systemd listens',
      { ...facts, units: units('ssh.socket') },
      { by: 'nothing', unit: 'ssh.socket' },
    ],
    [
      'none, where systemd holds the port that changes',
      { ...facts, portsChange: true, units: units('ssh.socket') },
      { by: 'none' },
    ],
    [
      'none, where it reads another file',
      { ...facts, running: { pid: 7, command: [...command, '-f', '/x'] } },
      { by: 'none' },
    ],
    ['none, where nothing runs', facts, { by: 'none' }],
  ];
  it.each(ways)('is %s', (_, given, by) => {
    expect(reloadWay(given)).toMatchObject(by);
  });

  it('knows sshd by its title, units by what systemctl shows, and doors by what sshd -T prints', () => {
    expect(commandOfTitle('sshd: /usr/sbin/sshd -D -f /x [listener] 0 of 10-100 startups')).toEqual([
      '/usr/sbin/sshd',
      '-D',
      '-f',
      '/x',
    ]);
    expect(commandOfTitle('sshd: root@pts/0')).toBeNull();
    expect(
      unitsOf(
        'Id=ssh.service\nActiveState=active\nMainPID=42\n\nMainPID=0\nId=x.socket\nActiveState=inactive\n',
      ),
    ).toEqual([
      { name: 'ssh.service', active: true, mainPid: 42 },
      { name: 'x.socket', active: false, mainPid: 0 },
    ]);
    expect(addressesToProbe(['0.0.0.0:22', '[::]:22', '[fe80::1]:2222', '10.0.0.1:22 rdomain x'])).toEqual([
      { host: '127.0.0.1', port: 22 },
      { host: '::1', port: 22 },
      { host: 'fe80::1', port: 2222 },
      { host: '10.0.0.1', port: 22 },
    ]);
  });
});

describe("the server's heartbeat", () => {
  it('gives up after N x (M + 1), after twice that from 9.2 to 9.4, and never with a maximum of 0', () => {
    expect(clientAlive(15_000, 3, strideOf('9.6')).noticedAfterMs).toBe(60_000);
    expect(clientAlive(15_000, 3, strideOf('9.1')).noticedAfterMs).toBe(60_000);
    expect(clientAlive(15_000, 3, strideOf('9.2')).noticedAfterMs).toBe(120_000);
    expect(clientAlive(15_000, 0, strideOf(null)).noticedAfterMs).toBeNull();
    expect(clientAlive(0, 3, strideOf(null)).noticedAfterMs).toBeNull();
  });
});
