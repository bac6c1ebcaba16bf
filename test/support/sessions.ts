/**
 * Sessions of a page, replayed: each `$ ` line of its text blocks is run, and what it prints is held against the page.
 * Comments of the page make the world they are about: `begin: PATH` a new home with that file, `file: PATH` one more
 * file, `run: LINE` a line that the page tells in words, `elsewhere` that another test shows the block behind it. A file's content stands in the comment or in the block behind
 * it. `~` is the home, and `/etc/ssh` a folder of the test.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bin, plainEnv } from './holdfast.js';
import { type Page, project } from './pages.js';
import { here } from './place.js';

export interface Replayed {
  readonly line: string;
  /** As the page has it, and as it came; white space folded, for lines break by the length of a folder's name. */
  readonly told: string;
  readonly said: string;
}

type Step =
  | { readonly is: 'file'; readonly path: string; readonly text: string; readonly begins: boolean }
  | { readonly is: 'hidden'; readonly line: string }
  | { readonly is: 'shown'; readonly line: string; readonly output: string };

/** The lines that a page shows with their output. */
export function shownLines(page: Page): readonly string[] {
  return stepsOf(page).flatMap((step) => (step.is === 'shown' ? [step.line] : []));
}

function stepsOf({ text }: Page): readonly Step[] {
  const found = text.matchAll(
    /^<!-- (begin|file|run|elsewhere): (.*?)(?: -->$|\n([\s\S]*?)^-->$)|^```(\w*)\n([\s\S]*?)^```$/gm,
  );
  const steps: Step[] = [];
  let open: { readonly path: string; readonly begins: boolean } | null = null;
  let skips = false;
  for (const [, is, what = '', content, language, block = ''] of found) {
    if (is === 'run') steps.push({ is: 'hidden', line: what });
    else if (is === 'elsewhere') skips = true;
    else if (is !== undefined) {
      open = { path: what, begins: is === 'begin' };
      if (content === undefined) continue;
      steps.push({ is: 'file', ...open, text: content });
      open = null;
    } else if (open !== null) {
      steps.push({ is: 'file', ...open, text: block });
      open = null;
    } else if (skips) skips = false;
    else if (language === 'text' && block.startsWith('$ ')) {
      for (const one of block.split(/\n(?=\$ )/)) {
        const [line = '', ...output] = one.split('\n');
        steps.push({ is: 'shown', line: line.slice(2), output: output.join('\n') });
      }
    }
  }
  return steps;
}

/** Every line of the page, one after the other, in the folder `root`. */
export async function replayed(page: Page, root: string): Promise<readonly Replayed[]> {
  const ssh = path.join(root, 'etc', 'ssh');
  const inside = (file: string) => path.join(root, file.replace('~', '/'));
  const env = plainEnv({
    NODE_OPTIONS: `--require=${path.join(project, 'test/support/elsewhere.cjs')}`,
    ...{ HOLDFAST_TEST_HOME: root, HOME: root, XDG_STATE_HOME: path.join(root, 'state') },
  });
  const places = { BIN: bin, NODE: process.execPath, SSHD: path.join(ssh, 'sshd_config') };
  const run = async (line: string) => {
    const script = line
      .replace(/^holdfast sshd \w+(?!.*--print)/, '$& -f "$SSHD"')
      .replace(/^holdfast\b/, '"$NODE" "$BIN"');
    return here.exec('/bin/sh', ['-c', `exec 2>&1\n${script}`], {
      // ssh goes by the passwd entry, whoever asks it.
      env: { ...(/\bconfig verify\b/.test(line) ? plainEnv() : env), ...places },
      cwd: root,
      detached: true,
    });
  };
  const folded = (text: string) =>
    text
      .replaceAll(ssh, '/etc/ssh')
      .replaceAll(root, '/home/me')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'a day')
      .replace(/\s+/g, ' ')
      // Whether there is an sshd is the machine's matter, and what it says of files without a host key.
      .replace(/Not checked by sshd: .*?(?=Nothing|holdfast config undo|sshd reads|$)/, '')
      .trim();
  const found: Replayed[] = [];
  for (const step of stepsOf(page)) {
    if (step.is === 'file') {
      if (step.begins)
        for (const name of readdirSync(root)) rmSync(path.join(root, name), { recursive: true });
      const file = inside(step.path);
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, step.text.replaceAll('/etc/ssh', ssh));
      chmodSync(file, 0o600);
    } else {
      const { code, stdout } = await run(step.line);
      if (step.is === 'shown')
        found.push({ line: step.line, told: folded(step.output), said: folded(stdout) });
      else if (code !== 0) throw new Error(`${page.file}: ${step.line}: ended with ${code}\n${stdout}`);
    }
  }
  return found;
}
