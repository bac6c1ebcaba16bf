import type { Bytes } from '../bytes.js';
import type { Rules } from '../keywords/releases.js';
import { print } from '../values/printed.js';
import type { Value } from '../values/values.js';
import type { Settings } from './settings.js';

/** Without a line it hangs on the files of known hosts; `ask` needs a terminal of its own. */
export function updateHostKeys(
  value: Value | null,
  settings: Settings,
  rules: Rules,
  isNone: (word: Bytes) => boolean,
): { readonly lines: readonly Bytes[]; readonly note?: string } {
  const dns = settings.word('verifyhostkeydns');
  const files = settings.first('userknownhostsfile');
  const word = value === null ? null : print(value);
  if (word === null && !rules.updateHostKeys) return { lines: ['false'] };
  if (word === null) {
    const usual =
      files === null || (files.type === 'words' && files.words.join('\n') === '~/.ssh/known_hosts');
    if (dns !== null && dns !== 'false') return { lines: ['false'], note: 'VerifyHostKeyDNS turns it off' };
    return usual ? { lines: ['true'] } : { lines: ['false'], note: 'UserKnownHostsFile turns it off' };
  }
  if (word !== 'ask') return { lines: [word] };
  const level = settings.word('loglevel') ?? 'INFO';
  const control = settings.word('controlpath');
  const persists =
    (settings.first('controlpersist') ?? null) !== null && settings.word('controlpersist') !== 'no';
  const command = settings.word('remotecommand');
  const reason =
    persists && control !== null && !isNone(control)
      ? 'ControlPersist'
      : command !== null && !isNone(command)
        ? 'RemoteCommand'
        : settings.word('requesttty') === 'false'
          ? 'RequestTTY no'
          : ['SILENT', 'FATAL', 'ERROR'].includes(level)
            ? 'LogLevel'
            : null;
  return reason === null
    ? { lines: ['ask'] }
    : { lines: ['false'], note: `${reason} does not go with "ask"` };
}
