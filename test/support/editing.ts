/** Plans of edits for configurations that stand in a test, without a disk. Texts are latin1. */

import type { Change, EditRefusal } from '../../src/core/sshconfig/edit/change.js';
import { type EditOptions, type Planned, planEdits } from '../../src/core/sshconfig/edit/planedits.js';
import {
  type FileAnswer,
  noAnswers,
  type ResolveInput,
} from '../../src/core/sshconfig/resolve/resolveinput.js';
import { matchPattern } from '../../src/core/text/pattern.js';
import { sha1 } from '../../src/io/machine.js';
import { resolveNeedsSync } from '../../src/read/outside.js';

export interface Edited {
  /** By path, as they would be; the same where nothing changes. */
  readonly files: Readonly<Record<string, string>>;
  readonly planned: Planned | null;
  readonly refusal: EditRefusal | null;
}

export function questionFor(host = 'holdfast.invalid'): ResolveInput {
  return {
    ...{ host, user: null, port: null, options: [], files: { type: 'one', path: '/c/main' } },
    facts: { user: 'me', uid: 1_000, home: '/home/me', machine: 'here', sha1, env: {}, release: '9.2' },
  };
}

/** `/c/main` is the user's file; the others are there for Include. No command is run. */
export function edited(files: Readonly<Record<string, string>>, ...changes: Change[]): Edited {
  return editedWith({}, files, ...changes);
}

/** For another release than 9.2. */
export function editedFor(
  release: string,
  files: Readonly<Record<string, string>>,
  ...changes: Change[]
): Edited {
  return planned({}, release, files, changes);
}

export function editedWith(
  options: EditOptions,
  files: Readonly<Record<string, string>>,
  ...changes: Change[]
): Edited {
  return planned(options, '9.2', files, changes);
}

function planned(
  options: EditOptions,
  release: string,
  files: Readonly<Record<string, string>>,
  changes: readonly Change[],
): Edited {
  const input = questionFor();
  const asked = { ...input, facts: { ...input.facts, release } };
  const known = new Map<string, FileAnswer>();
  for (const [path, text] of Object.entries(files)) {
    known.set(path, { type: 'file', text, mode: 0o100600, uid: 1_000, groupIsPrivate: false });
  }
  if (!known.has('/c/main')) known.set('/c/main', { type: 'missing' });
  const globs = new Map<string, readonly string[]>();
  const commands = new Map<string, 'not allowed'>();
  const exists = new Map<string, boolean>();
  const plan = resolveNeedsSync(
    () => planEdits(changes, asked, { ...noAnswers, files: known, globs, commands, exists }, options),
    (need) => {
      if (need.type === 'command') commands.set(need.command, 'not allowed');
      else if (need.type === 'exists') exists.set(need.path, false);
      else if (need.type === 'glob') {
        globs.set(need.pattern, [...known.keys()].filter((path) => matchPattern(path, need.pattern)).sort());
      } else throw new Error(`the test has no ${JSON.stringify(need)}`);
    },
    'the test',
  );
  if (plan.type === 'refused') return { files, planned: null, refusal: plan.refusal };
  const after = { ...files };
  for (const { file, after: text } of plan.planned.files) after[file] = text;
  return { files: after, planned: plan.planned, refusal: null };
}
