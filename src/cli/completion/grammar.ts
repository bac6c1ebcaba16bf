/** The options of `run` in the shape of the other tables, until they are so. */
import type { CommandTable, CompletionSource, OptionRow } from '../command/table.js';
import { letters, longOptions } from '../run/options.js';

const valueSources: Readonly<Record<string, CompletionSource>> = {
  F: 'files',
  E: 'files',
  i: 'files',
  I: 'files',
  J: 'hosts',
  o: 'client-settings',
  'log-file': 'files',
  'pid-file': 'files',
};

export function runTable(): CommandTable {
  const row = (name: string, help: string, takesValue: boolean, idle: boolean): [string, OptionRow] => {
    const completes = valueSources[name];
    return [
      name,
      {
        help,
        ...(takesValue ? { value: 'VALUE' } : {}),
        ...(idle ? { hidden: true as const } : {}),
        ...(completes === undefined ? {} : { completes }),
      },
    ];
  };
  const useless = ['silent', 'note', 'refused', 'monitor'];
  const short = Object.entries(letters).map(([letter, what]) => {
    const help = 'keyword' in what ? what.keyword : 'says' in what ? what.says : '';
    return row(letter, help, what.value ?? false, useless.includes(what.type));
  });
  const long = Object.entries(longOptions).map(([name, { value, says }]) =>
    row(name, says, value !== null, false),
  );
  return {
    options: Object.fromEntries([...long, ...short]),
    words: [{ name: 'host', completes: 'hosts' }],
  };
}
