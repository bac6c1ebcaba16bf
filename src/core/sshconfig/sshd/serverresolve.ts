import { refusalOf } from '../explain/refused.js';
import type { ServerResolution } from './resolvedserver.js';
import { finishServer } from './serverfinish.js';
import type { ServerAnswers, ServerInput } from './serverinput.js';
import { ServerReader } from './serverreader.js';

/**
 * What sshd makes of its configuration for one connection: equal to `sshd -T -C`. Pure: what it cannot know it asks for
 * (`needs`), and is called again with the answers, until it has `refused` or `resolved`. Host keys are not looked at.
 */
export function resolveServer(input: ServerInput, answers: ServerAnswers): ServerResolution {
  const global = new ServerReader(input, answers, null);
  global.read();
  if (global.halted) return global.ending;
  const first = finishServer(global.settings, new ServerReader(input, answers, null).settings, answers);
  if (first.needs.length > 0) return { type: 'needs', needs: first.needs };
  if (first.troubles.length > 0) return { type: 'refused', errors: first.troubles.map(refusalOf) };

  const matched = new ServerReader(input, answers, input.connection);
  matched.read();
  if (matched.halted) return matched.ending;
  const { needs, troubles, options } = finishServer(global.settings, matched.settings, answers);
  if (needs.length > 0) return { type: 'needs', needs };
  if (troubles.length > 0) return { type: 'refused', errors: troubles.map(refusalOf) };
  return {
    type: 'resolved',
    answer: {
      options,
      lines: [...options].flatMap(([key, { lines }]) => lines.map((line) => `${key} ${line}`)),
      sections: [...global.sections, ...matched.sections],
      warnings: global.warnings,
    },
  };
}
