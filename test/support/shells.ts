/** Real shells on a terminal of their own, with our completion in them. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Watched } from './client.js';
import { bin, onTerminal, plainEnv } from './holdfast.js';
import { program, unpackedRoot } from './parts.js';
import { here } from './place.js';

/** What stands on the line when a person has typed this. */
export interface Shell {
  /** ... and pressed the tab key. */
  tab(line: string): Promise<string>;
  /** ... and had all that is offered put there. */
  all(line: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The command by its name, as it is installed. */
function onPath(dir: string): string {
  const folder = path.join(dir, 'bin');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'holdfast');
  // The libraries of an unpacked shell are not for node.
  writeFileSync(file, `#!/bin/sh\nunset LD_LIBRARY_PATH\nexec '${process.execPath}' '${bin}' "$@"\n`);
  chmodSync(file, 0o755);
  return `${folder}:${process.env.PATH ?? ''}`;
}

const bashStart = `PS1=
source <(holdfast completion bash)
show() { printf '\\n<%s>\\n' "$READLINE_LINE"; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\\C-xs": show'
bind '"\\C-xa": insert-completions'
bind 'set completion-query-items -1'
bind 'set bell-style none'
echo 'the shell is up'
`;

/** Debian's zsh looks for its parts where it would be installed. */
function zshParts(): string {
  const root = unpackedRoot('zsh');
  if (root === undefined) return '';
  return `module_path=(${root}/usr/lib/*/zsh/*(/))
fpath=(${root}/usr/share/zsh/functions/**/*(/) ${root}/usr/share/zsh/functions)
`;
}

const zshStart = `PS1=
unsetopt beep prompt_cr prompt_sp
autoload -Uz compinit && compinit -u -D
source <(holdfast completion zsh)
show() { print -r -- "<$BUFFER>"; BUFFER= }
zle -N show
bindkey '^Xs' show
all() { _main_complete; compstate[insert]=all }
zle -C all complete-word all
bindkey '^Xa' all
print 'the shell is up'
`;

/** bash or zsh at its prompt. */
export async function shell(name: 'bash' | 'zsh', dir: string): Promise<Shell> {
  const home = path.join(dir, name);
  mkdirSync(home);
  const file = path.join(home, 'rc');
  writeFileSync(file, bashStart);
  writeFileSync(path.join(home, '.zshenv'), zshParts());
  writeFileSync(path.join(home, '.zshrc'), zshStart);
  const line =
    name === 'bash' ? `exec bash --noprofile --rcfile '${file}' -i` : `exec '${program('zsh')}' -d -i`;
  const watched = onTerminal(home, line, { PATH: onPath(dir), ZDOTDIR: home, HOME: home, LC_ALL: 'C.UTF-8' });
  await watched.says('the shell is up\r\n', 20_000);
  const shown = (keys: string) => typed(watched, `${keys}\u0018s`);
  return {
    tab: (text) => shown(`${text}\t`),
    all: async (text) => {
      const head = text.replace(/\S*$/, '');
      return (await shown(`${text}\u0018a`)).slice(head.length).trim().split(/\s+/);
    },
    close: () => watched.kill(),
  };
}

async function typed(watched: Watched, keys: string): Promise<string> {
  const from = watched.stdout.length;
  watched.child.stdin?.write(keys);
  const answer = () => /<([^<>]*)>\r?\n/.exec(watched.stdout.slice(from))?.[1];
  const deadline = Date.now() + 20_000;
  while (answer() === undefined && !watched.ended && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const found = answer();
  if (found === undefined)
    throw new Error(`the shell shows no line after ${keys}: ${watched.stdout.slice(from)}`);
  return found;
}

/** What fish would offer, each with its description. */
export async function fishOffers(dir: string, line: string): Promise<readonly (readonly string[])[]> {
  const root = unpackedRoot('fish');
  const parts = root === undefined ? '' : `set -p fish_function_path ${root}/usr/share/fish/functions; `;
  const script = `${parts}holdfast completion fish | source; complete -C '${line}'`;
  const { stdout } = await here.exec(program('fish'), ['--no-config', '-c', script], {
    env: plainEnv({ PATH: onPath(dir), HOME: dir, LC_ALL: 'C.UTF-8' }),
  });
  return stdout
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => each.split('\t'));
}
