import { textOf } from '../core/sshconfig/bytes.js';
import { lintServer, type ServerLinted } from '../core/sshconfig/sshd/lint/lintserver.js';
import type { ServerCode } from '../core/sshconfig/sshd/lint/servercodes.js';
import { machine } from '../io/machine.js';
import { type LintFinding, notRead, readable, targetRelease } from './clientlint.js';
import { withServerAnswers } from './serverconfig.js';

/** Which files are looked at, and as which sshd reads them. */
export interface SshdLintOptions {
  /** The main file; what it includes is looked at, too. Default: /etc/ssh/sshd_config. */
  readonly configFile?: string;
  /** The release of OpenSSH whose sshd reads the files, as `9.2`. Default 9.2. */
  readonly target?: string;
}

/** Something in a sshd_config that is not what its author believes. */
export type SshdLintFinding = LintFinding<ServerCode>;

const usual = '/etc/ssh/sshd_config';

/**
 * What is wrong with a server's configuration, file by file and line by line, for whichever connection. Asks no sshd and
 * changes nothing. Rejects with a FailureError of kind `config` where a file cannot be read, of kind `usage` where the
 * target is no release.
 */
export async function sshdLint(options: SshdLintOptions = {}): Promise<readonly SshdLintFinding[]> {
  const target = targetRelease(options.target);
  const { configFile = usual } = options;
  // The server's own files belong to root; a copy elsewhere may belong to the user.
  const uid = configFile === usual ? 0 : machine().uid;
  const linted = await withServerAnswers<ServerLinted>({ configFile }, (input, answers) =>
    lintServer({ input, target, uid }, answers),
  );
  if (linted.type === 'unreadable') throw notRead(textOf(linted.file), linted.reason);
  return linted.findings.map(readable);
}
