/** The tables of users and groups (passwd(5), group(5)). Bytes, one per character, as everywhere in core/sshconfig. */
import { readIfThere } from './ifthere.js';

/** Where the tables are. */
export interface AccountTables {
  readonly passwd: string;
  readonly group: string;
}

export const accountTables: AccountTables = { passwd: '/etc/passwd', group: '/etc/group' };

/** The rows of a table in its order, split into fields; a table that cannot be read has none. */
export function accountRows(file: string): readonly (readonly string[])[] {
  return linesOfTable(file)
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}

/** Lines as they stand, also of services(5); none where the file cannot be read. */
export function linesOfTable(file: string): readonly string[] {
  return readIfThere(file)?.split('\n') ?? [];
}

/** The names of a user's groups, the main one first; null: there is no such user in the table. */
export function groupNames(user: string, tables: AccountTables): readonly string[] | null {
  const person = accountRows(tables.passwd).find(([name]) => name === user);
  if (person === undefined) return null;
  const names = new Set<string>();
  const groups = accountRows(tables.group);
  const main = groups.find(([, , number]) => number === person[3]);
  if (main?.[0]) names.add(main[0]);
  for (const [name = '', , , members = ''] of groups) if (members.split(',').includes(user)) names.add(name);
  return [...names];
}

/** The home of a user; null: there is none of that name. */
export function homeOf(user: string): string | null {
  return accountRows(accountTables.passwd).find(([name]) => name === user)?.[5] ?? null;
}

/** By uid; of several names the first. */
export function userNames(): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, , uid] of accountRows(accountTables.passwd)) {
    if (name && uid && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}
