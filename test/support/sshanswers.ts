/** What `ssh -G` says of many hosts, asked by one shell: a process of ours for each would take longer than ssh. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { environment } from './configgen.js';

/** What is asked of ssh: a host, and options that stand on the command line. */
export interface Query {
  /** The folder with `main`, the file of -F, and `home`. */
  readonly dir: string;
  readonly host: string;
  readonly option: string | null;
}

/** For each its exit code on the first line, and what it printed. Bytes, one per character. */
export function sshAnswers(
  queries: readonly Query[],
  program: readonly string[] = ['ssh'],
): Promise<string[]> {
  const ssh = program.map(word).join(' ');
  const script = queries
    .map(({ dir, host, option }) => {
      const given = option === null ? '' : `-o ${word(option)} `;
      return `HOME=${word(path.join(dir, 'home'))} ${ssh} -F ${word(path.join(dir, 'main'))} ${given}-G -- ${word(host)} 2>/dev/null </dev/null; echo "=== $?"`;
    })
    .join('\n');
  return new Promise((settle, reject) => {
    const child = spawn('sh', ['-s'], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] });
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.on('error', reject);
    child.on('close', () => {
      const all = Buffer.concat(pieces)
        .toString('latin1')
        .split(/^=== (?=\d+$)/m);
      // Each answer ends with its status, which begins the next piece.
      settle(
        queries.map(
          (_, at) =>
            `${/^\d+/.exec(all[at + 1] ?? '?')?.[0] ?? '?'}\n${(all[at] ?? '').replace(/^\d+\n/, '')}`,
        ),
      );
    });
    child.stdin.end(Buffer.from(script, 'latin1'));
  });
}

const word = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
