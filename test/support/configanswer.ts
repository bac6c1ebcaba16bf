/** Answers about configurations that stand in a test, without a disk. */

import { bytesOf } from '../../src/core/sshconfig/bytes.js';
import { resolveClient } from '../../src/core/sshconfig/resolve/resolve.js';
import type { ResolvedConfig } from '../../src/core/sshconfig/resolve/resolvedconfig.js';
import {
  type FileAnswer,
  noAnswers,
  type ResolveInput,
} from '../../src/core/sshconfig/resolve/resolveinput.js';
import { matchPattern } from '../../src/core/text/pattern.js';
import { sha1 } from '../../src/io/machine.js';
import { resolveNeedsSync } from '../../src/read/outside.js';

export interface Given {
  readonly release?: string;
  readonly banner?: string;
  readonly host?: string;
  readonly options?: readonly string[];
  readonly user?: string | null;
  readonly port?: number | null;
  readonly env?: Readonly<Record<string, string>>;
  /** The exit status of every command; absent: nobody may run one. */
  readonly commands?: number;
}

const file = (text: string): FileAnswer => ({
  type: 'file',
  text: bytesOf(text),
  mode: 0o100600,
  uid: 1_000,
  groupIsPrivate: false,
});

/** `/c/main` is the main file; the others are there for Include. Throws where it is refused. */
export function answerOf(files: Readonly<Record<string, string>>, given: Given = {}): ResolvedConfig {
  const input: ResolveInput = {
    host: given.host ?? 'db',
    user: given.user ?? null,
    port: given.port ?? null,
    options: given.options ?? [],
    files: { type: 'one', path: '/c/main' },
    facts: {
      user: 'me',
      uid: 1_000,
      home: '/home/me',
      machine: 'here',
      sha1,
      env: given.env ?? {},
      release: given.release ?? '9.2',
      banner: given.banner ?? null,
    },
  };
  const known = new Map(Object.entries(files).map(([path, text]) => [path, file(text)]));
  const answers = {
    ...noAnswers,
    files: known,
    globs: new Map<string, readonly string[]>(),
    commands: new Map<string, number | 'not allowed'>(),
    homes: new Map<string, string | null>([['bob', '/home/bob']]),
  };
  const resolution = resolveNeedsSync(
    () => resolveClient(input, answers),
    (need) => {
      if (need.type === 'glob') {
        answers.globs.set(
          need.pattern,
          [...known.keys()].filter((path) => matchPattern(path, need.pattern)),
        );
      } else if (need.type === 'command') answers.commands.set(need.command, given.commands ?? 'not allowed');
      else if (need.type === 'home') answers.homes.set(need.user, null);
      else throw new Error(`the test has no ${JSON.stringify(need)}`);
    },
    'the test',
  );
  if (resolution.type === 'refused') throw new Error(JSON.stringify(resolution.errors));
  return resolution.answer;
}
