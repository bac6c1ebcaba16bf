/** The words of both configurations, for completion: which options there are, and what may be said of each. */

import { knownTo } from '../core/sshconfig/keywords/algorithmlists.js';
import type { Form } from '../core/sshconfig/keywords/keyword.js';
import { keywords } from '../core/sshconfig/keywords/keywords.js';
import { type ServerForm, serverKeywords } from '../core/sshconfig/sshd/serverkeywords.js';
import { valueWords } from '../core/sshconfig/values/values.js';
import { lowerCase } from '../core/text/pattern.js';

/** An option, with what its value may be. */
export interface OptionWord {
  /** As the manual spells it. */
  readonly name: string;
  /** Without a line. Null: it depends. */
  readonly usual: string | null;
  /**
   * `words`: one of `values`, or of them among others. `names`: several of `values` with commas between. `file`: a path.
   * `hosts`: hosts with commas between. `text`: anything else.
   */
  readonly takes: 'words' | 'names' | 'file' | 'hosts' | 'text';
  readonly values: readonly string[];
}

/** The options of ssh_config. */
export function clientOptions(): readonly OptionWord[] {
  return keywords
    .filter(({ combine }) => combine !== 'none')
    .map(({ name, usual, form }) => ({ name, usual, ...choicesOf(name, form) }));
}

/** The options of sshd_config. */
export function serverOptions(): readonly OptionWord[] {
  return serverKeywords
    .filter(({ combine }) => combine !== 'none')
    .map(({ name, usual, form }) => ({ name, usual, ...choicesOf(name, form) }));
}

const fileForms: readonly string[] = ['files', 'path', 'provider', 'agent', 'principalsFile', 'keyFiles'];

/** Options of the client whose value is a path are plain text to ssh; their names tell which they are. */
const fileName = /(?:File|Path|Location|Provider|HostKeys)$/;

function choicesOf(name: string, form: Form | ServerForm): Pick<OptionWord, 'takes' | 'values'> {
  if (form.type === 'algorithms') return { takes: 'names', values: knownTo('9.2')[form.kind] };
  if (form.type === 'userEnvironment') return { takes: 'words', values: ['yes', 'no'] };
  const words = valueWords(form);
  if (words !== null) return { takes: 'words', values: distinct(words) };
  if (form.type === 'jump') return { takes: 'hosts', values: ['none'] };
  const file = fileForms.includes(form.type) || (form.type === 'text' && fileName.test(name));
  return { takes: file ? 'file' : 'text', values: [] };
}

/** One word for each meaning, the first: `yes`, and not `true` as well. */
function distinct(words: Readonly<Record<string, string>>): readonly string[] {
  const meanings = new Set<string>();
  return Object.entries(words).flatMap(([word, meaning]) => {
    if (meanings.has(lowerCase(meaning))) return [];
    meanings.add(lowerCase(meaning));
    return [word];
  });
}
