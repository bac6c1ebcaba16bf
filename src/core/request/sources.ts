/** Where the values of a request come from. */

import { textOf } from '../sshconfig/bytes.js';
import { type Where, whereOf } from '../sshconfig/explain/where.js';
import type { ResolvedConfig } from '../sshconfig/resolve/resolvedconfig.js';
import { fileForwardText } from './forwardlist.js';
import { forwardKeywords } from './forwardspec.js';

/** An option that `run` honours, with the line that gives it. */
export interface SourcedOption {
  /** As ssh_config(5) spells it. */
  readonly keyword: string;
  /** As `ssh -G` prints them. */
  readonly values: readonly string[];
  /** Null: not set, so a default holds, which may be ours and not the one in `values`. */
  readonly from: Where | null;
}

export interface Sources {
  /** In the order of `ssh -G`, without forwards. */
  readonly options: readonly SourcedOption[];
  /** Forwards of files by their text (`LocalForward 8080 [web]:80`). */
  readonly forwards: ReadonlyMap<string, Where>;
}

export function sourcesOf(answer: ResolvedConfig): Sources {
  const options: SourcedOption[] = [];
  for (const { keyword, lines, settings } of answer.options.values()) {
    if (keyword.run.type !== 'honoured' || keyword.form.type === 'forward') continue;
    const place = settings[0]?.place;
    const from = place === undefined ? null : whereOf(place.source, place.line);
    options.push({ keyword: keyword.name, values: lines.map(textOf), from });
  }
  const forwards = new Map<string, Where>();
  for (const kind of ['local', 'remote', 'dynamic'] as const) {
    for (const { value, place } of answer.options.get(forwardKeywords[kind].toLowerCase())?.settings ?? []) {
      if (value.type !== 'forward') continue;
      forwards.set(fileForwardText(kind, value.forward), whereOf(place.source, place.line));
    }
  }
  return { options, forwards };
}
