/** Files of people, replaced: whole at any moment, by one writer at a time, with what they were. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/core/sshconfig/bytes.js';
import { ownProcess } from '../../src/io/machine.js';
import { journalFolder } from '../../src/io/replace/journal.js';
import { takeLock } from '../../src/io/replace/lock.js';
import { ownerName } from '../../src/io/replace/lockowner.js';
import { readHistory, readStamped, replaceFiles, WriteRefusedError } from '../../src/io/replace.js';
import { amount } from '../support/amount.js';
import { scratch } from '../support/guard.js';
import { canMountPrivately, needs, program } from '../support/machine.js';
import { compiledInto, startWriter, type Writer, type WriterAnswer } from '../support/writers.js';

const { dir, remove } = scratch('replace');
afterAll(remove);
let compiled = '';
beforeAll(() => {
  compiled = compiledInto(dir);
});

const isRoot = process.getuid?.() === 0;
const state = path.join(dir, 'state', 'holdfast');
const desk = { stateFolder: state, process: ownProcess, pause: (ms: number) => sleep(ms) };

let count = 0;
/** A folder nobody used yet. */
function fresh(): string {
  count += 1;
  const made = path.join(dir, `folder${count}`);
  mkdirSync(made, { mode: 0o700 });
  return made;
}

function fileWith(text: string, mode = 0o600): string {
  const file = path.join(fresh(), 'config');
  writeFileSync(file, text, { encoding: 'latin1' });
  chmodSync(file, mode);
  return file;
}

const content = (file: string) => readFileSync(file, 'latin1');
const modeOf = (file: string) => (statSync(file).mode & 0o7777).toString(8);

async function write(file: string, bytes: string | null) {
  const [written] = await replaceFiles(
    [{ stamp: readStamped(bytesOf(file)).stamp, bytes }],
    { command: 'config set db Port' },
    desk,
  );
  return written?.writeMode ?? null;
}

async function refusal(act: Promise<unknown>): Promise<{ reason: string; message: string }> {
  const error: unknown = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WriteRefusedError)) throw new Error(`not refused, but ${String(error)}`);
  expect(error.kind).toBe('config');
  return { reason: error.reason, message: error.message };
}

describe('a file that is replaced', () => {
  it.each(['600', '644', '640'])('keeps its mode 0%s', async (mode) => {
    const file = fileWith('Host a\n', Number.parseInt(mode, 8));
    expect(await write(file, 'Host b\n')).toBe('rename');
    expect({ text: content(file), mode: modeOf(file) }).toEqual({ text: 'Host b\n', mode });
  });

  it('holds exactly the bytes that were given', async () => {
    for (const text of ['a\r\nb\r\n', 'no final newline', 'invalid \xff\xfe\x80 bytes\n', '\0\n', '']) {
      const file = fileWith('Host a\n');
      await write(file, text);
      expect(readFileSync(file).equals(Buffer.from(text, 'latin1'))).toBe(true);
      expect(readStamped(bytesOf(file)).bytes).toBe(text);
    }
  });

  it('has nothing beside it, before or after', async () => {
    const file = fileWith('Host a\n');
    await write(file, 'Host b\n');
    await write(file, '');
    expect(readdirSync(path.dirname(file))).toEqual(['config']);
  });

  it('is not written when it has that content already', async () => {
    const file = fileWith('Host a\n');
    const { ino } = statSync(file);
    expect(await write(file, 'Host a\n')).toBe(null);
    expect(statSync(file).ino).toBe(ino);
    expect(readHistory(bytesOf(file), desk).entries).toEqual([]);
  });

  it.runIf(isRoot)('keeps its owner when root writes it', async () => {
    const file = fileWith('Host a\n');
    chownSync(file, 1234, 2345);
    expect(await write(file, 'Host b\n')).toBe('rename');
    expect(statSync(file)).toMatchObject({ uid: 1234, gid: 2345 });
    expect(modeOf(file)).toBe('600');
  });

  it('may be in the folder of an Include, and nothing that * matches ever stands there', async () => {
    const folder = fresh();
    const file = path.join(folder, '10-work');
    writeFileSync(file, 'Host a\n', { mode: 0o600 });
    const seen = new Set<string>();
    const writer = await ready();
    writer.tell({ do: 'loop', file, from: 1, state });
    while (writer.answers.length < 40) {
      for (const name of readdirSync(folder)) if (!name.startsWith('.')) seen.add(name);
      await sleep(1);
    }
    await writer.kill();
    expect([...seen]).toEqual(['10-work']);
  });
});

describe('a missing file', () => {
  it('is made with mode 0600, and its folder with 0700', async () => {
    const file = path.join(fresh(), '.ssh', 'config');
    expect(await write(file, 'Host a\n')).toBe('rename');
    expect([content(file), modeOf(file), modeOf(path.dirname(file))]).toEqual(['Host a\n', '600', '700']);
    expect(readdirSync(path.dirname(file))).toEqual(['config']);
  });

  it.runIf(isRoot)("that root makes in another user's folder is that user's", async () => {
    const home = fresh();
    chownSync(home, 1234, 2345);
    const file = path.join(home, '.ssh', 'config');
    await write(file, 'Host a\n');
    for (const made of [file, path.dirname(file)])
      expect(statSync(made)).toMatchObject({ uid: 1234, gid: 2345 });
  });

  it('is not made when two folders are missing', async () => {
    const file = path.join(fresh(), 'none', '.ssh', 'config');
    const { reason, message } = await refusal(write(file, 'Host a\n'));
    expect(reason).toBe('not-a-file');
    expect(message).toContain(`there is no folder ${path.dirname(path.dirname(file))}`);
  });

  it('that somebody made meanwhile is not replaced', async () => {
    const file = path.join(fresh(), 'config');
    const { stamp } = readStamped(bytesOf(file));
    writeFileSync(file, 'theirs\n');
    expect((await refusal(replaceFiles([{ stamp, bytes: 'ours\n' }], { command: 'x' }, desk))).reason).toBe(
      'changed',
    );
    expect(content(file)).toBe('theirs\n');
  });

  it('an empty one is replaced as any other', async () => {
    const file = fileWith('', 0o644);
    await write(file, 'Host a\n');
    expect([content(file), modeOf(file)]).toEqual(['Host a\n', '644']);
  });
});

describe('links', () => {
  it('stay, and what they lead to is replaced, over a chain of them', async () => {
    const file = fileWith('Host a\n');
    const folder = fresh();
    symlinkSync(file, path.join(folder, 'second'));
    symlinkSync('second', path.join(folder, 'first'));
    expect(await write(path.join(folder, 'first'), 'Host b\n')).toBe('rename');
    expect(readlinkSync(path.join(folder, 'first'))).toBe('second');
    expect(lstatSync(path.join(folder, 'second')).isSymbolicLink()).toBe(true);
    expect(lstatSync(file).isSymbolicLink()).toBe(false);
    expect(content(file)).toBe('Host b\n');
    expect([readdirSync(folder).sort(), readdirSync(path.dirname(file))]).toEqual([
      ['first', 'second'],
      ['config'],
    ]);
  });

  it('that dangle get their file where they lead, or are refused when there is no folder', async () => {
    const folder = fresh();
    const real = path.join(fresh(), 'config');
    symlinkSync(real, path.join(folder, 'config'));
    await write(path.join(folder, 'config'), 'Host a\n');
    expect([content(real), modeOf(real), readlinkSync(path.join(folder, 'config'))]).toEqual([
      'Host a\n',
      '600',
      real,
    ]);
    symlinkSync('nowhere/config', path.join(folder, 'bad'));
    const { reason, message } = await refusal(write(path.join(folder, 'bad'), 'Host a\n'));
    expect(reason).toBe('not-a-file');
    expect(message).toContain(`there is no folder ${folder}/nowhere`);
    expect(existsSync(path.join(folder, 'nowhere'))).toBe(false);
  });

  it('to a read-only file are refused with both names and the reason', async () => {
    const file = fileWith('Host a\n', 0o444);
    const link = path.join(fresh(), 'config');
    symlinkSync(file, link);
    const { reason, message } = await refusal(write(link, 'Host b\n'));
    expect(reason).toBe('read-only');
    expect(message).toContain(`${file} is read-only (mode 0444) (${link} leads to it)`);
    expect([content(file), readdirSync(path.dirname(file))]).toEqual(['Host a\n', ['config']]);
  });

  it('in a circle, folders and pipes are refused at once', async () => {
    const folder = fresh();
    symlinkSync('b', path.join(folder, 'a'));
    symlinkSync('a', path.join(folder, 'b'));
    expect((await refusal(write(path.join(folder, 'a'), 'b\n'))).message).toContain(
      'its links go in a circle',
    );
    expect((await refusal(write(folder, 'b\n'))).reason).toBe('not-a-file');
    expect((await refusal(write('/dev/null', 'b\n'))).message).toContain('/dev/null is no file');
  });
});

describe('a file with two names', () => {
  it('is written in place, both names keep it, shorter and longer', async () => {
    const file = fileWith('Host a\n');
    const other = path.join(path.dirname(file), 'other');
    linkSync(file, other);
    for (const text of ['Host longer than before\n'.repeat(400), 'short', 'Host a\n']) {
      expect(await write(file, text)).toBe('in place');
      expect([content(file), content(other), statSync(file).nlink]).toEqual([text, text, 2]);
    }
    const { entries, copy } = readHistory(bytesOf(file), desk);
    expect(entries.map(({ before }) => copy(before)?.length)).toEqual([7, 9_600, 5]);
  });
});

describe('refused, with the file as it was', () => {
  it.each([
    ['664', 'its group (mode 0664)'],
    ['602', 'everybody (mode 0602)'],
    ['666', 'its group and everybody (mode 0666)'],
  ])('mode 0%s, which ssh refuses, and what to do is said', async (mode, words) => {
    const file = fileWith('Host a\n', Number.parseInt(mode, 8));
    const { reason, message } = await refusal(write(file, 'Host b\n'));
    expect(reason).toBe('others-may-write');
    expect(message).toContain(`may be written by ${words}: first chmod go-w ${file}`);
    expect([content(file), modeOf(file)]).toEqual(['Host a\n', mode]);
  });

  it('when its content, or only its inode, changed since it was read', async () => {
    for (const text of ['theirs\n', 'Host a\n']) {
      const file = fileWith('Host a\n');
      const { stamp } = readStamped(bytesOf(file));
      writeFileSync(`${file}.new`, text, { mode: 0o600 });
      renameSync(`${file}.new`, file);
      const { reason, message } = await refusal(
        replaceFiles([{ stamp, bytes: 'ours\n' }], { command: 'x' }, desk),
      );
      expect(reason).toBe('changed');
      expect(message).toContain(`${file} changed since it was read; nothing was written`);
      expect(content(file)).toBe(text);
    }
  });

  it('a link that leads elsewhere since', async () => {
    const [one, two] = [fileWith('Host a\n'), fileWith('Host a\n')];
    const link = path.join(fresh(), 'config');
    symlinkSync(one, link);
    const { stamp } = readStamped(bytesOf(link));
    unlinkSync(link);
    symlinkSync(two, link);
    expect((await refusal(replaceFiles([{ stamp, bytes: 'b\n' }], { command: 'x' }, desk))).reason).toBe(
      'changed',
    );
    expect([content(one), content(two)]).toEqual(['Host a\n', 'Host a\n']);
  });

  it('one of several files: none of them is written', async () => {
    const [good, bad] = [fileWith('Host a\n'), fileWith('Host a\n')];
    const stamps = [good, bad].map((file) => readStamped(bytesOf(file)).stamp);
    writeFileSync(bad, 'theirs\n');
    const changes = stamps.map((stamp) => ({ stamp, bytes: 'ours\n' }));
    expect((await refusal(replaceFiles(changes, { command: 'x' }, desk))).reason).toBe('changed');
    expect([content(good), content(bad)]).toEqual(['Host a\n', 'theirs\n']);
    expect(readHistory(bytesOf(good), desk).entries).toEqual([]);
  });

  it('when no history can be kept', async () => {
    const file = fileWith('Host a\n');
    const blocked = path.join(fresh(), 'state');
    writeFileSync(blocked, '');
    const { stamp } = readStamped(bytesOf(file));
    const { reason, message } = await refusal(
      replaceFiles([{ stamp, bytes: 'b\n' }], { command: 'x' }, { ...desk, stateFolder: blocked }),
    );
    expect(reason).toBe('no-history');
    expect(message).toContain('XDG_STATE_HOME');
    expect(content(file)).toBe('Host a\n');
  });
});

/** As somebody whom modes concern. */
const nobody = () =>
  isRoot ? [program('setpriv'), '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : [];
const own = (file: string) => {
  if (isRoot) chownSync(file, 65534, 65534);
};

needs('setpriv').describe('as a user without rights', () => {
  async function asNobody(file: string, text: string): Promise<WriterAnswer> {
    const home = fresh();
    own(home);
    const writer = await ready(nobody());
    writer.tell({ do: 'write', file, text, state: path.join(home, 'state') });
    const answer = await writer.next();
    await writer.kill();
    return answer;
  }

  it('a file of ours in a folder that may not be written is written in place', async () => {
    const file = fileWith('Host a\n');
    own(file);
    chmodSync(path.dirname(file), 0o555);
    const { ino } = statSync(file);
    expect(await asNobody(file, 'Host b\n')).toEqual({ ok: true, manner: 'in place' });
    expect([content(file), statSync(file).ino]).toEqual(['Host b\n', ino]);
  });

  it('a new file in such a folder is refused', async () => {
    const folder = fresh();
    chmodSync(folder, 0o555);
    expect(await asNobody(path.join(folder, 'config'), 'Host b\n')).toMatchObject({
      ok: false,
      reason: 'read-only',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.runIf(isRoot)("another user's file is refused", async () => {
    const file = fileWith('Host a\n', 0o644);
    chmodSync(path.dirname(file), 0o755);
    const answer = await asNobody(file, 'Host b\n');
    expect(answer).toMatchObject({ ok: false, reason: 'read-only' });
    expect(answer).toMatchObject({ message: expect.stringContaining('you have no right to it') as string });
    expect(content(file)).toBe('Host a\n');
  });
});

/** Runs a line of shell before the writer, in a mount namespace of its own. */
const mounting = (line: string) => [program('unshare'), '--mount', 'sh', '-c', `${line} && exec "$@"`, 'sh'];

const mounts = canMountPrivately() || process.env.CI === 'true' ? describe : describe.skip;
mounts('on a small disk', () => {
  const line = (folder: string, options: string) =>
    `mount -t tmpfs -o ${options} none ${folder} && printf 'Host a\\n' > ${folder}/config && chmod 600 ${folder}/config`;

  it.each(['rename', 'in place'])('that is full, a file is as it was (%s)', async (manner) => {
    const folder = fresh();
    const link = manner === 'in place' ? ` && ln ${folder}/config ${folder}/other` : '';
    const writer = await ready(mounting(`${line(folder, 'size=64k')}${link}`));
    const file = path.join(folder, 'config');
    writer.tell({ do: 'write', file, text: 'x'.repeat(100_000), state });
    expect(await writer.next()).toMatchObject({ ok: false, reason: 'no-room' });
    // What is written next to it shows that the old content is there, and nothing else takes room.
    writer.tell({ do: 'append', file, text: 'Host b\n', state });
    expect(await writer.next()).toEqual({ ok: true });
    const { entries, copy } = { ...readHistory(bytesOf(file), desk) };
    expect(entries.map(({ after }) => copy(after))).toEqual(['Host a\nHost b\n']);
    writer.tell({ do: 'write', file, text: 'y'.repeat(20_000), state });
    expect(await writer.next()).toEqual({ ok: true, manner });
    await writer.kill();
  });

  it('that is full where the history is, nothing is written', async () => {
    const folder = fresh();
    const file = fileWith('Host a\n');
    const writer = await ready(mounting(line(folder, 'size=16k')));
    writer.tell({ do: 'write', file, text: 'x'.repeat(100_000), state: path.join(folder, 'state') });
    expect(await writer.next()).toMatchObject({ ok: false, reason: 'no-history' });
    expect([content(file), readdirSync(path.dirname(file))]).toEqual(['Host a\n', ['config']]);
    await writer.kill();
  });

  it('that is read-only, the reason is said', async () => {
    const folder = fresh();
    const writer = await ready(mounting(`${line(folder, 'size=64k')} && mount -o remount,ro ${folder}`));
    writer.tell({ do: 'write', file: path.join(folder, 'config'), text: 'b', state });
    const answer = await writer.next();
    expect(answer).toMatchObject({ ok: false, reason: 'read-only' });
    expect(answer).toMatchObject({
      message: expect.stringContaining('the file system is read-only') as string,
    });
    await writer.kill();
  });

  it('a file that is mounted by itself is written in place', async () => {
    const file = fileWith('Host a\n');
    const writer = await ready(mounting(`mount --bind ${file} ${file}`));
    writer.tell({ do: 'write', file, text: 'Host b\n', state });
    expect(await writer.next()).toEqual({ ok: true, manner: 'in place' });
    await writer.kill();
    expect([content(file), readdirSync(path.dirname(file))]).toEqual(['Host b\n', ['config']]);
  });
});

async function ready(prefix: readonly string[] = []): Promise<Writer> {
  const writer = startWriter(compiled, prefix);
  expect(await writer.next()).toEqual({ ready: true });
  return writer;
}

/** As in writer.mjs. */
const numbered = (number: number) =>
  `# ${number}\n${`Host h${number}\n`.repeat(number % 2 === 0 ? 3 : 4_000)}# end ${number}\n`;

describe('killed at any moment', () => {
  /** Kills writers until there were enough; returns how many died in the middle of a write. */
  async function killMany(
    file: string,
    kills: number,
    whole: (text: string, number: number) => boolean | Promise<boolean>,
  ) {
    const end = performance.now() + 25_000;
    let next = Promise.all([ready(), ready()]);
    let last = 0;
    let done = 0;
    let halfway = 0;
    const lock = path.join(journalFolder(state, bytesOf(file)), 'lock');
    while (done < kills && performance.now() < end) {
      const writers = await next;
      next = Promise.all([ready(), ready()]);
      for (const writer of writers) {
        writer.tell({ do: 'loop', file, from: last + 1, state });
        expect(await writer.next()).toEqual({ wrote: last + 1 });
        await sleep(Math.random() * 60);
        await writer.kill();
        done += 1;
        const text = content(file);
        const number = Number(/^# (\d+)\n/.exec(text)?.[1]);
        expect(
          await whole(text, number),
          `after ${done} kills: ${text.slice(0, 80)} ... ${text.slice(-80)}`,
        ).toBe(true);
        const said = writer.answers.flatMap((answer) => ('wrote' in answer ? [answer.wrote] : [])).at(-1);
        // What was said to be written is there; one more may be.
        expect(number).toBeGreaterThanOrEqual(said ?? last);
        last = number;
        if (isHeld(lock)) halfway += 1;
      }
    }
    for (const writer of await next) await writer.kill();
    return { done, halfway, last };
  }

  const isHeld = (folder: string) => {
    const top = Math.max(
      ...readdirSync(folder)
        .flatMap((name) => /^lock-(\d+)$/.exec(name)?.[1] ?? [])
        .map(Number),
    );
    return readFileSync(path.join(folder, `lock-${top}`), 'utf8') !== 'free\n';
  };

  it('the file is the old one or the new one, whole, and nothing stays behind', async () => {
    const file = fileWith(numbered(0));
    const { done, halfway, last } = await killMany(
      file,
      amount(300),
      (text, number) => text === numbered(number),
    );
    expect(done).toBeGreaterThan(20);
    expect(last).toBeGreaterThan(done);
    expect(halfway).toBeGreaterThan(done / 10);
    await write(file, 'Host a\n');
    expect([content(file), readdirSync(path.dirname(file)), modeOf(file)]).toEqual([
      'Host a\n',
      ['config'],
      '600',
    ]);
    const { entries, copy } = readHistory(bytesOf(file), desk);
    expect(entries.length).toBeLessThanOrEqual(100);
    entries.forEach(({ before }, at) => {
      expect(copy(before)).toBe(at === 0 ? copy(before) : copy(entries[at - 1]?.after ?? before));
    });
  }, 60_000);

  it('in place, it is the old or the new one but for blank lines behind it, or a part of each, which a restore mends', async () => {
    const file = fileWith(numbered(0));
    linkSync(file, path.join(path.dirname(file), 'other'));
    const isWhole = (text: string, number: number) =>
      text.startsWith(numbered(number)) && /^\n*$/.test(text.slice(numbered(number).length));
    const { done, halfway } = await killMany(file, 80, async (text, number) => {
      if (isWhole(text, number)) return true;
      const { entries, copy } = readHistory(bytesOf(file), desk);
      expect((await refusal(write(file, 'Host b\n'))).reason).toBe('partial-write');
      const before = copy(entries.at(-1)?.before ?? { is: 'missing' });
      await replaceFiles(
        [{ stamp: readStamped(bytesOf(file)).stamp, bytes: before }],
        { command: 'restore', kind: 'restore' },
        desk,
      );
      return content(file) === before && isWhole(before, number - 1);
    });
    expect(done).toBeGreaterThan(20);
    expect(halfway).toBeGreaterThan(0);
  }, 60_000);
});

describe('what a killed writer left beside the file', () => {
  it('goes with the next write: only ours, only of this file, only when its writer is gone', async () => {
    const file = fileWith('Host a\n');
    const folder = path.dirname(file);
    const gone = ownerName({ ...ownProcess, pid: 999_999_999 });
    const key = (real: string) => createHash('sha256').update(real).digest('hex').slice(0, 16);
    const left = `.holdfast.${key(file)}.${gone}.0123456789abcdef`;
    const others = [
      `.holdfast.${key(file)}.${ownerName(ownProcess)}.0123456789abcdef`,
      // Another machine's, and another process namespace's: nobody here can tell.
      `.holdfast.${key(file)}.${gone.replace(/.{8}$/, '00000000')}.0123456789abcdef`,
      `.holdfast.${key(`${file}2`)}.${gone}.0123456789abcdef`,
      '.holdfast.notes',
    ];
    for (const name of [left, ...others]) writeFileSync(path.join(folder, name), 'x');
    await write(file, 'Host b\n');
    expect(readdirSync(folder).sort()).toEqual(['config', ...others].sort());
  });
});

describe('several writers at once', () => {
  it('no change is lost silently: both are in the file, or one was refused', async () => {
    const rounds = 200;
    const file = fileWith('');
    const rivals = await Promise.all([ready(), ready()]);
    const lines: string[] = [];
    let refused = 0;
    for (let round = 0; round < rounds; round += 1) {
      rivals.forEach((rival, index) => {
        rival.tell({ do: 'append', file, text: `# ${round} of ${index}\n`, state });
      });
      const answers = await Promise.all(rivals.map((rival) => rival.next()));
      const written = answers.flatMap((answer, index) =>
        'ok' in answer && answer.ok ? [`# ${round} of ${index}`] : [],
      );
      for (const answer of answers) {
        if ('ok' in answer && !answer.ok) {
          expect(answer.reason).toBe('changed');
          refused += 1;
        }
      }
      expect(written.length).toBeGreaterThan(0);
      const now = content(file).trimEnd().split('\n');
      expect(now.slice(0, lines.length)).toEqual(lines);
      expect(now.slice(lines.length).sort()).toEqual(written.sort());
      lines.splice(0, lines.length, ...now);
    }
    for (const rival of rivals) await rival.kill();
    expect(lines.length + refused).toBe(2 * rounds);
  }, 60_000);

  it('a lock whose taker is gone goes to one at a time, however many find it', async () => {
    const rivals = await Promise.all([ready(), ready(), ready(), ready()]);
    const gone = ownerName({ ...ownProcess, pid: 999_999_999 });
    for (let round = 0; round < 40; round += 1) {
      const folder = fresh();
      const log = path.join(dir, `log${round}`);
      writeFileSync(path.join(folder, 'lock-7'), `${gone}\n`);
      writeFileSync(path.join(folder, `draft-00.${gone}`), '');
      rivals.forEach((rival, name) => {
        rival.tell({ do: 'lock', folder, log, name });
      });
      for (const rival of rivals) expect(await rival.next()).toEqual({ ok: true });
      const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
      expect(lines).toHaveLength(8);
      for (let at = 0; at < 8; at += 2) expect(lines[at + 1]).toBe(lines[at]?.replace('in', 'out'));
      expect(readdirSync(folder).filter((name) => name.startsWith('draft'))).toEqual([]);
    }
    for (const rival of rivals) await rival.kill();
  }, 60_000);

  it('a writer that is late by several others gives way, though the number it makes is free', async () => {
    const folder = fresh();
    const lock = (number: number, content: string) =>
      writeFileSync(path.join(folder, `lock-${number}`), content);
    const gone = ownerName({ ...ownProcess, pid: 999_999_999 });
    lock(7, gone);
    let pauses = 0;
    const slow = {
      pid: process.pid,
      isRunning(pid: number): boolean {
        if (pid === process.pid) return true;
        // While it looks at 7, others take 8 and so on, and remove what is of the past.
        lock(20, ownerName(ownProcess));
        unlinkSync(path.join(folder, 'lock-7'));
        return false;
      },
    };
    const give = await takeLock(folder, 'it', {
      process: slow,
      pause: async () => {
        pauses += 1;
        expect(readdirSync(folder)).toEqual(['lock-20']);
        if (pauses === 5) lock(20, 'free');
      },
    });
    expect([pauses, readdirSync(folder).sort()]).toEqual([5, ['lock-20', 'lock-21']]);
    give();
    expect(readFileSync(path.join(folder, 'lock-21'), 'utf8')).toBe('free\n');
  });

  it('a lock that somebody keeps is waited for, and then named', async () => {
    const file = fileWith('Host a\n');
    await write(file, 'Host b\n');
    const { stamp } = readStamped(bytesOf(file));
    const lock = path.join(journalFolder(state, bytesOf(file)), 'lock');
    writeFileSync(path.join(lock, 'lock-9'), `${ownerName(ownProcess)}\n`);
    let pauses = 0;
    const hasty = {
      ...desk,
      pause: async () => {
        pauses += 1;
      },
    };
    const { reason, message } = await refusal(
      replaceFiles([{ stamp, bytes: 'c\n' }], { command: 'x' }, hasty),
    );
    expect(reason).toBe('busy');
    expect(message).toContain(`is being changed by another holdfast (process ${process.pid})`);
    expect(pauses).toBeGreaterThan(100);
    expect(content(file)).toBe('Host b\n');
  });
});
