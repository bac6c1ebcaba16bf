import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { refusalOf } from '../explain/refused.js';
import { validHostName, validUserName } from '../values/jump.js';
import { destined } from './canonical.js';
import { Finisher } from './finish.js';
import { missingFiles } from './gather.js';
import { Reader } from './reader.js';
import type { Refusal, Resolution } from './resolvedconfig.js';
import type { Answers, ResolveInput } from './resolveinput.js';
import type { Settings } from './settings.js';

/**
 * What ssh makes of its configuration for one host: equal to `ssh -G`. Pure: what it cannot know it asks for (`needs`), and
 * is called again with the answers, until it has `refused` or `resolved`.
 */
export function resolveClient(input: ResolveInput, answers: Answers): Resolution {
  const missing = missingFiles(input, answers);
  if (missing.length > 0) return { type: 'needs', needs: missing };

  const reader = new Reader(input, answers);
  for (const option of input.options) {
    if (!reader.halted) reader.readOption(option);
  }
  if (!reader.halted) readDestination(input, reader);
  if (reader.halted) return reader.ending;
  const strange = strangeDestination(input, reader);
  if (strange !== null) return { type: 'refused', errors: [strange] };

  reader.readMainFiles();
  if (reader.halted) return reader.ending;
  const place = destined(input, reader.settings, answers, reader.rules);
  if (place.type === 'needs') return { type: 'needs', needs: [place.need] };
  if (place.type === 'refused') {
    return {
      type: 'refused',
      errors: [refusal(reader.settings, place.keyword, place.reason, place.suggestion)],
    };
  }
  const { host } = place;
  const canonical = reader.settings.word('canonicalizehostname') ?? 'false';
  const secondPass = reader.wantsFinal || canonical !== 'false';
  if (secondPass) {
    const unsure = reader.settings.word('hostname') === null && reader.settings.isUncertain('hostname');
    reader.readAgain(unsure ? null : host);
    if (reader.halted) return reader.ending;
  }

  const finished = new Finisher(input, reader.settings, reader.surroundings, host, answers).all();
  if (finished.needs.length > 0) return { type: 'needs', needs: finished.needs };
  const errors = [
    ...finished.troubles.map(refusalOf),
    ...contradictions(input, reader.settings, finished.options, host),
  ];
  if (errors.length > 0) return { type: 'refused', errors };
  return {
    type: 'resolved',
    answer: {
      release: input.facts.release,
      host: input.host,
      hostName: host,
      options: finished.options,
      secondPass,
      sections: reader.sections,
      warnings: reader.warnings,
      undecided: reader.undecided,
    },
  };
}

/** `user@` and the port of an URI count after the options: as lines of their own. */
function readDestination(input: ResolveInput, reader: Reader): void {
  // What is typed in front of an @ has no tokens.
  const { moreTokens, newWords } = reader.rules;
  const user = moreTokens ? input.user?.replaceAll('%', '%%') : input.user;
  if (user != null) reader.readOption(`User ${newWords ? asWord(user) : `"${user}"`}`);
  if (input.port !== null && !reader.halted) reader.readOption(`Port ${input.port}`);
}

/** A word that ssh reads as it is here. */
function asWord(text: Bytes): Bytes {
  return `"${text.replace(/["'\\]/g, '\\$&')}"`;
}

function strangeDestination(input: ResolveInput, { settings, rules }: Reader): Refusal | null {
  const user = settings.word('user');
  const said = (reason: string, suggestion: string): Refusal => ({
    file: 'command-line',
    line: 0,
    span: null,
    reason,
    suggestion,
  });
  if (user !== null && !validUserName(user)) {
    return said(`the user ${JSON.stringify(user)} has signs of the shell in it`, 'a plain name');
  }
  if (!validHostName(input.host, rules)) {
    return said(`the host ${JSON.stringify(input.host)} has signs of the shell in it`, 'a plain name');
  }
  if (settings.word('sessiontype') === 'subsystem') {
    return said('SessionType subsystem on the command line needs a subsystem', 'it in a file');
  }
  return null;
}

function refusal(settings: Settings, key: string, reason: string, suggestion: string): Refusal {
  const place = settings.cell(key).settings[0]?.place ?? null;
  return refusalOf({ place, keyword: key, reason, suggestion });
}

/** Options that are fine by themselves and make no sense together (main in ssh.c). */
function contradictions(
  input: ResolveInput,
  settings: Settings,
  options: ReadonlyMap<string, { readonly lines: readonly Bytes[] }>,
  host: Bytes,
): readonly Refusal[] {
  const found: Refusal[] = [];
  // The user as it is written: its tokens are not expanded yet.
  const user = settings.word('user') ?? input.facts.user;
  const line = (key: string): Bytes => options.get(key)?.lines[0] ?? '';
  const jump = settings.first('proxyjump');
  if (jump?.type === 'jump' && jump.jump !== 'none') {
    const hop = jump.jump;
    const port = hop.port <= 0 ? '22' : String(hop.port);
    if (hop.host === host && port === line('port') && (hop.user ?? user) === user) {
      found.push(
        refusal(settings, 'proxyjump', `${host} would jump through itself`, 'another host, or none'),
      );
    }
  }
  if (line('proxycommand') === '-' && line('proxyusefdpass') === 'yes') {
    const reason = 'the command "-" cannot pass a file descriptor';
    found.push(refusal(settings, 'proxycommand', reason, 'ProxyUseFdpass no'));
  }
  if (line('connectionattempts') === '0') {
    found.push(refusal(settings, 'connectionattempts', '0 attempts are none', '1 or more'));
  }
  const forks = line('forkafterauthentication') === 'yes';
  if (forks && line('sessiontype') !== 'none' && line('remotecommand') === '' && !hasCommand(settings)) {
    const reason = 'there is no command to run in the background';
    found.push(refusal(settings, 'forkafterauthentication', reason, 'a RemoteCommand, or SessionType none'));
  }
  return found;
}

/** An empty RemoteCommand is one, too. */
function hasCommand(settings: Settings): boolean {
  const command = settings.word('remotecommand');
  return command !== null && lowerCase(command) !== 'none';
}
