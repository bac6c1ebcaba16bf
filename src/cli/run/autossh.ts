import type { RunArguments } from './arguments.js';

/** The variables of autossh(1), each with what stands for it here. `file`: taken over where no option says otherwise. */
const variables: Readonly<Record<string, { readonly file?: 'pidFile' | 'logFile'; readonly says: string }>> =
  {
    AUTOSSH_PIDFILE: { file: 'pidFile', says: '--pid-file' },
    AUTOSSH_LOGFILE: { file: 'logFile', says: '--log-file' },
    AUTOSSH_MAXSTART: { says: 'does not count: use --max-attempts N' },
    AUTOSSH_POLL: { says: 'does not count: use -o ServerAliveInterval=N' },
    AUTOSSH_FIRST_POLL: { says: 'does not count: use -o ServerAliveInterval=N' },
    AUTOSSH_DEBUG: { says: 'does not count: use -v' },
    AUTOSSH_LOGLEVEL: { says: 'does not count: use -q or -v' },
    AUTOSSH_GATETIME: { says: 'is not needed' },
    AUTOSSH_PORT: { says: 'is not needed' },
    AUTOSSH_MAXLIFETIME: { says: 'does not count, and has no counterpart' },
    AUTOSSH_MESSAGE: { says: 'does not count, and has no counterpart' },
    AUTOSSH_PATH: { says: 'does not count, as no ssh is started' },
  };

/** What autossh's variables ask for, added to the command line, with one note that names those which are set. */
export function withAutosshVariables(
  run: RunArguments,
  env: Readonly<Record<string, string | undefined>>,
): RunArguments {
  const files: { pidFile?: string; logFile?: string } = {};
  const said: string[] = [];
  for (const [name, { file, says }] of Object.entries(variables)) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    if (file === undefined) said.push(`${name} ${says}`);
    else if (run[file] !== null) said.push(`${name} does not count: ${says} is given`);
    else {
      files[file] = value;
      said.push(`${name} is taken as ${says}`);
    }
  }
  if (said.length === 0) return run;
  return { ...run, ...files, notes: [...run.notes, `variables of autossh: ${said.join('; ')}`] };
}
