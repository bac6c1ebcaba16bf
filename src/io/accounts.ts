/** The tables of users and groups (passwd(5), group(5)). Bytes, one per character, as everywhere in core/sshconfig. */
import { readFile } from 'node:fs/promises';

/** Where the tables are. */
export interface AccountTables {
  readonly passwd: string;
  readonly group: string;
}

export const accountTables: AccountTables = { passwd: '/etc/passwd', group: '/etc/group' };

/** The names of a user's groups, the main one first; null: there is no such user in the table. */
export async function groupsOf(user: string, tables: AccountTables): Promise<readonly string[] | null> {
  const person = (await rows(tables.passwd)).find(([name]) => name === user);
  if (person === undefined) return null;
  const names = new Set<string>();
  const groups = await rows(tables.group);
  const main = groups.find(([, , number]) => number === person[3]);
  if (main?.[0]) names.add(main[0]);
  for (const [name = '', , , members = ''] of groups) if (members.split(',').includes(user)) names.add(name);
  return [...names];
}

async function rows(file: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(file, 'latin1').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}
