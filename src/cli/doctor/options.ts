import { nearest } from '../command/nearest.js';

/** What `holdfast doctor` was asked. */
export interface DoctorArgs {
  /** null: this machine alone. */
  readonly host: string | null;
  readonly configFile: string | null;
  readonly sshdConfigFile: string | null;
  readonly offline: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

export const doctorFlags = ['--offline', '--json', '--help'] as const;
export const doctorValued = ['-F', '--sshd-config'] as const;

export const doctorHelp = `holdfast doctor [host] [options]

One page: the kernel, ssh's configuration, the server as far as it can be seen,
the way to it, what happens if it dies now, and the three most useful changes.
Changes nothing, makes no login, and runs no command of a configuration.
Without a host: this machine alone.

Options:
  -F FILE                 Read this ssh configuration; none reads no file
      --sshd-config FILE  This machine's sshd   [default: /etc/ssh/sshd_config]
      --offline           Ask nobody: no name, no connection, no ping
      --json              One JSON object on stdout
  -h, --help              Show this help

A host is asked once over TCP who it is, and by ping how far. Exit code 1:
something should change. 0: nothing. 2: the words make no sense.

Examples:
  holdfast doctor
  holdfast doctor db
`;

export type ParsedDoctor =
  | { readonly ok: true; readonly args: DoctorArgs }
  | { readonly ok: false; readonly message: string };

/** Takes argv after `doctor` apart: options may stand anywhere; `--name value`, `--name=value`, `-F file` and `-Ffile`. */
export function parseDoctor(argv: readonly string[]): ParsedDoctor {
  const words: string[] = [];
  const on = new Set<string>();
  const values = new Map<string, string>();
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (!/^-./.test(word)) {
      words.push(word);
      continue;
    }
    const [, name = word, glued] = /^(--[^=]+)=(.*)$/s.exec(word) ?? /^(-F)(.+)$/s.exec(word) ?? [];
    if (name === '-h') on.add('--help');
    else if (isOneOf(doctorValued, name)) {
      if (glued === undefined) index += 1;
      const value = glued ?? argv[index];
      if (value === undefined) return refused(`${name} wants a file; see holdfast doctor --help`);
      values.set(name, value);
    } else if (glued === undefined && isOneOf(doctorFlags, name)) on.add(name);
    else return refused(unknown(name, glued));
  }
  if (words.length > 1) {
    return refused(`${JSON.stringify(words[1])} is one word too many; it takes one host, or none`);
  }
  return {
    ok: true,
    args: {
      host: words[0] ?? null,
      configFile: values.get('-F') ?? null,
      sshdConfigFile: values.get('--sshd-config') ?? null,
      offline: on.has('--offline'),
      json: on.has('--json'),
      help: on.has('--help'),
    },
  };
}

function refused(message: string): ParsedDoctor {
  return { ok: false, message };
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}

function unknown(name: string, glued: string | undefined): string {
  if (isOneOf(doctorFlags, name)) return `${name} takes no value; found ${JSON.stringify(glued ?? '')}`;
  const known = [...doctorFlags, ...doctorValued];
  const meant = nearest(name, known);
  return `unknown option ${name}; ${meant === null ? 'see holdfast doctor --help' : `did you mean ${meant}?`}`;
}
