/** Holds an edit of a generated sshd_config against the real `sshd -T`, before and after. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bytesOf } from '../../src/core/sshconfig/bytes.js';
import { criteriaOf, sampleFor } from '../../src/core/sshconfig/sshd/edit/sampleconnection.js';
import { planServerEdit, type ServerPlan } from '../../src/core/sshconfig/sshd/edit/serverplan.js';
import type { ServerEditReason } from '../../src/core/sshconfig/sshd/edit/serverquery.js';
import { filesAfter } from '../../src/core/sshconfig/sshd/edit/sshdfiles.js';
import type { SshdConnection } from '../../src/core/sshconfig/sshd/serverinput.js';
import { noServerAnswers } from '../../src/core/sshconfig/sshd/serverinput.js';
import { serverKeywordOf, serverWithoutEffect } from '../../src/core/sshconfig/sshd/serverkeywords.js';
import { withServerAnswers } from '../../src/read/serverconfig.js';
import type { ServerCase, ServerEditCase } from './sshdgen.js';
import { type ServerJudge, sshdSays } from './sshdjudge.js';

export interface EditJudgement {
  /** `no case`: sshd refuses the tree as it is, or the option is none that does something. */
  readonly came: 'no case' | 'changed' | 'nothing' | ServerEditReason;
  readonly message: string;
  /** Null: sshd agrees. */
  readonly difference: string | null;
}

export async function judgeServerEdit(
  tree: ServerCase,
  edit: ServerEditCase,
  name: string,
  judge: ServerJudge,
): Promise<EditJudgement> {
  const dir = path.join(judge.dir, name);
  const keyword = serverKeywordOf(edit.option.toLowerCase());
  if (keyword === undefined || !keyword.printed || serverWithoutEffect.has(edit.option.toLowerCase())) {
    return { came: 'no case', message: '', difference: null };
  }
  mkdirSync(path.join(dir, 'd'), { recursive: true, mode: 0o700 });
  copyFileSync(judge.key, path.join(dir, 'key'));
  const write = (file: string, text: string) =>
    writeFileSync(path.join(dir, file), text.replaceAll('@D@', dir), 'latin1');
  for (const [file, text] of Object.entries(tree.files)) write(file, text);
  const main = path.join(dir, 'main');
  const say = (file: string, spec: readonly string[]) =>
    sshdSays(['-T', '-f', path.join(dir, file), ...(spec.length > 0 ? ['-C', spec.join(',')] : [])], judge);
  try {
    const { user, host, addr, laddr } = tree;
    const known = Object.entries({ user, host, addr, laddr, lport: tree.lport ?? 1 });
    const some = known.flatMap(([field, value]) => (value === undefined ? [] : [`${field}=${value}`]));
    const none = ['lport=1'];
    const specs = [none, some];
    const before = await Promise.all(specs.map((spec) => say('main', spec)));
    if (before.some(({ refused }) => refused)) return { came: 'no case', message: '', difference: null };

    const value = edit.value === null ? null : bytesOf(edit.value.replaceAll('@D@', dir));
    const match = edit.match === null ? null : bytesOf(edit.match);
    const accounts = { passwd: judge.passwd, group: judge.group };
    const plan = await withServerAnswers(
      { configFile: main, accounts },
      (input, answers): ServerPlan =>
        planServerEdit({ input, answers }, { changes: [{ keyword, value }], match }),
    );
    if (plan.type === 'refused') {
      const { reason, message } = plan.refusal;
      return { came: reason, message, difference: null };
    }
    for (const { file, before: was, after } of plan.files) {
      const own = plan.steps.flatMap(({ splices }) => splices).filter((splice) => splice.file === file);
      const world = { input: { main: '' } as never, answers: { ...noServerAnswers, files: new Map() } };
      if (was !== null) {
        world.answers.files.set(file, { type: 'file', text: was, mode: 0, uid: 0, groupIsPrivate: false });
      }
      const again = filesAfter(world, own).answers.files.get(file);
      if (again?.type !== 'file' || again.text !== after) throw new Error('the splices do not make the text');
      writeFileSync(file, after, 'latin1');
    }
    const came = plan.files.length > 0 ? 'changed' : 'nothing';
    const after = await Promise.all(specs.map((spec) => say('main', spec)));
    const alone = `HostKey @D@/key\nAuthorizedKeysCommandUser nobody\nAuthorizedPrincipalsCommandUser nobody\n`;
    const line = `${keyword.name} ${value}\n`;
    write('asked', match === null ? line + alone : `${alone}Match all\n${line}`);
    write('askedblock', `${alone}Match all\n${line}`);
    const asked = value === null ? null : await Promise.all([say('asked', none), say('askedblock', none)]);
    const target = match === null ? none : specOf(match);
    const differences = specs.map((spec, at) => {
      const [was, is] = [before[at], after[at]];
      if (was === undefined || is === undefined) return 'nothing was asked';
      return compared(keyword.key, was, is, asked, spec === none && match === null);
    });
    if (target !== null && match !== null && asked !== null) {
      const is = await say('main', target);
      const ours = valuesOf(is.lines, keyword.key);
      if (!asked.some(({ lines }) => valuesOf(lines, keyword.key) === ours)) {
        differences.push(`${target.join(',')}: ${keyword.key} is ${ours}`);
      }
    }
    const found = differences.filter((each) => each !== null).join('; ');
    return { came, message: '', difference: found === '' ? null : found };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

type Said = Awaited<ReturnType<typeof sshdSays>>;

const derived: Readonly<Record<string, string>> = { port: 'listenaddress', addressfamily: 'listenaddress' };

function compared(
  key: string,
  was: Said,
  is: Said,
  asked: readonly Said[] | null,
  must: boolean,
): string | null {
  if (is.refused) return `sshd refuses the result: ${is.stderr}`;
  const rest = (said: Said) =>
    said.lines
      .filter((line) => !line.startsWith(`${key} `) && !line.startsWith(`${derived[key] ?? key} `))
      .join('\n');
  if (rest(was) !== rest(is)) {
    const lines = rest(was).split('\n');
    const news = rest(is).split('\n');
    return `something else changed: ${JSON.stringify(news.filter((line) => !lines.includes(line)))} from ${JSON.stringify(lines.filter((line) => !news.includes(line)))}`;
  }
  if (asked === null) return null;
  const now = valuesOf(is.lines, key);
  // Ports make what is printed of an address without one.
  const plain = (text: string) => (key === 'listenaddress' ? text.replace(/:\d+(?= |$)/gm, '') : text);
  if (key === 'subsystem') return subsystems(now.split('\n'), valuesOf(was.lines, key).split('\n'), asked);
  const wanted = asked.map(({ lines }) => valuesOf(lines, key));
  if (
    wanted.some(
      (each) => [...new Set(plain(each).split('\n'))].join() === [...new Set(plain(now).split('\n'))].join(),
    )
  )
    return null;
  if (!must && now === valuesOf(was.lines, key)) return null;
  return `${key} is ${JSON.stringify(now)}, asked for ${JSON.stringify(wanted)}, was ${JSON.stringify(valuesOf(was.lines, key))}`;
}

/** Each is an option of its own, by its name. */
function subsystems(now: readonly string[], was: readonly string[], asked: readonly Said[]): string | null {
  const [line = ''] = asked.flatMap(({ lines }) => valuesOf(lines, 'subsystem'));
  const name = (each: string) => each.split(' ')[1];
  const others = was.filter((each) => each !== '' && name(each) !== name(line));
  const wanted = [...others, line].sort().join('; ');
  return wanted === [...now].sort().join('; ') ? null : `subsystems are ${now.join('; ')}, not ${wanted}`;
}

function valuesOf(lines: readonly string[], key: string): string {
  return lines.filter((line) => line.startsWith(`${key} `)).join('\n');
}

/** What `-C` says of a connection that fits; null: its groups would have to be made up. */
function specOf(match: string): readonly string[] | null {
  const criteria = criteriaOf(match);
  const services = new Map([['ssh', 22]]);
  const witness = sampleFor(criteria, { ...noServerAnswers, services });
  if (witness === null || witness.groups.size > 0) return null;
  const names: Readonly<Record<keyof SshdConnection, string>> = {
    user: 'user',
    host: 'host',
    address: 'addr',
    localAddress: 'laddr',
    localPort: 'lport',
    routingDomain: 'rdomain',
  };
  return Object.entries(witness.connection).flatMap(([field, value]) =>
    value === null ? [] : [`${names[field as keyof SshdConnection]}=${value}`],
  );
}
