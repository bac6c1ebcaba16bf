/** The file that an edit is about, and the desk at which it is written. */
import { FailureError, failure } from '../core/failure.js';
import { type Bytes, bytesOf, textOf } from '../core/sshconfig/bytes.js';
import { stateFolderOf } from '../core/text/statefolder.js';
import { clock } from '../io/clock.js';
import { pathExists } from '../io/configfiles.js';
import { ownProcess, userEnvironment } from '../io/machine.js';
import { readStamped, type Stamp, type WriteContext, WriteRefusedError } from '../io/replace.js';

/**
 * The file of `-F`, or the user's own: that of the passwd entry's home, which is the one ssh reads. Throws a FailureError
 * (usage) for `none`, and where $HOME is another folder and nobody can tell which one is meant.
 */
export function fileToEdit(configFile: string | undefined): Bytes {
  if (configFile?.toLowerCase() === 'none') {
    throw new FailureError(failure('usage', '-F none: there is no file to change; name one'));
  }
  if (configFile !== undefined) return bytesOf(configFile);
  const { env, home } = userEnvironment();
  const file = `${home}/.ssh/config`;
  if (env.HOME !== undefined && env.HOME !== '' && withoutSlash(env.HOME) !== withoutSlash(home)) {
    throw new FailureError(
      failure(
        'usage',
        `HOME is ${env.HOME}, but ssh reads ${file} (the home of the passwd entry); name the file with -F`,
      ),
    );
  }
  return bytesOf(file);
}

/** For questions about what is there before an edit: a file that it will make counts as empty, as `-F none`. */
export async function presentFile(path: string | null): Promise<{ readonly configFile?: string }> {
  if (path === null) return {};
  return { configFile: (await pathExists(bytesOf(path))) ? path : 'none' };
}

const withoutSlash = (folder: string) => folder.replace(/(?<=.)\/+$/, '');

/** The history lies in the state folder. */
export function writeContext(): WriteContext {
  const { env, home } = userEnvironment();
  return {
    stateFolder: stateFolderOf(env, home),
    process: ownProcess,
    pause: (ms) => new Promise((resolve) => void clock.wake(clock.now() + ms, resolve)),
  };
}

/**
 * The stamp that `replaceFiles` holds against the file right before it is replaced, where the file still holds this text.
 * Null: there is no file. Throws a WriteRefusedError (changed).
 */
export function stampHolding(file: Bytes, text: Bytes | null): Stamp {
  const { stamp, bytes } = readStamped(file);
  if ((stamp.type === 'missing' ? null : bytes) === text) return stamp;
  throw new WriteRefusedError(
    'changed',
    `${textOf(file)} changed since it was read; nothing was written, look again`,
  );
}
