/** Why a change is not made, as one sentence for people. */
import { type Bytes, textOf } from '../bytes.js';
import { refusalSentence, refusalStory } from '../explain/refused.js';
import type { EditRefusal, Spot } from './change.js';

const spot = ({ file, line }: Spot) => (line === 0 ? textOf(file) : `${textOf(file)}:${line}`);
const quoted = (text: Bytes) => JSON.stringify(textOf(text));

/** Values of SetEnv may be secrets. */
function shown(option: Bytes, values: readonly Bytes[]): string {
  if (option.toLowerCase() === 'setenv') return 'something else';
  return values.length === 0 ? 'nothing' : values.map(textOf).join(', ');
}

export function refusalWords(refusal: EditRefusal): string {
  switch (refusal.type) {
    case 'file': {
      const [first] = refusal.errors;
      const more = refusal.errors.length > 1 ? ` (and ${refusal.errors.length - 1} more)` : '';
      return `ssh refuses the file as it is: ${first ? refusalSentence(refusalStory(first)) : 'it gives no reason'}${more}`;
    }
    case 'fault': {
      const [first] = refusal.errors;
      const reason = first ? textOf(first.reason) : 'it gives no reason';
      return `ssh would refuse the file then: ${reason}${first?.suggestion ? `; want ${textOf(first.suggestion)}` : ''}`;
    }
    case 'value':
      return `${textOf(refusal.option)}: ${textOf(refusal.reason)}; want ${textOf(refusal.suggestion)}`;
    case 'unknown-option': {
      const said = `ssh has no option ${quoted(refusal.option)}`;
      return refusal.meant === null
        ? `${said}; see ssh_config(5)`
        : `${said}; did you mean ${textOf(refusal.meant)}?`;
    }
    case 'server-option':
      return `${textOf(refusal.option)} belongs in sshd_config, on the server; ssh refuses a file with it. There: ${textOf(refusal.command)}`;
    case 'structure':
      return `${textOf(refusal.option)} is no option of a host; edit the file itself`;
    case 'not-a-list':
      return `${textOf(refusal.option)} has one value, and the first line wins; use set`;
    case 'name':
      return `the host ${quoted(refusal.host)}: ${textOf(refusal.reason)}`;
    case 'absent':
      return `the host ${quoted(refusal.host)}: ${textOf(refusal.what)}`;
    case 'exists':
      return `the host ${quoted(refusal.host)} is there already, at ${spot(refusal.at)}`;
    case 'shared':
      return `${textOf(refusal.option)} of ${textOf(refusal.host)} stands at ${spot(refusal.at)}, for other hosts as well`;
    case 'managed':
      return `${spot(refusal.at)} belongs to ${textOf(refusal.by)}, which will write it again`;
    case 'not-as-requested': {
      const by = refusal.by === null ? '' : `, by ${spot(refusal.by)}`;
      const { option } = refusal;
      return `${textOf(option)} of ${textOf(refusal.host)} would be ${shown(option, refusal.found)}${by}, not ${shown(option, refusal.requested)}`;
    }
    case 'others': {
      const { option } = refusal;
      return `${textOf(option)} of ${textOf(refusal.host)} would change from ${shown(option, refusal.before)} to ${shown(option, refusal.after)}, which is no part of the change`;
    }
    case 'undecided':
      return refusal.commands === 0
        ? `the files are too large to prove it for all hosts, ${textOf(refusal.host)} among them`
        : `what ${textOf(refusal.host)} gets hangs on more commands (Match exec) than can be tried both ways; allow them to run`;
    case 'no-place':
      return `there is no place where it would count for ${textOf(refusal.host)}`;
  }
}
