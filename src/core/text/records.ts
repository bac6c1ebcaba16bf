/** State files of ours: JSON with the number of their form and one list of records. */

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The records of the list `key`; those of another form, and a text that is no such file, are passed over. */
export function parseList<T>(text: string, key: string, isRecord: (value: unknown) => value is T): T[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  const list = isObject(parsed) ? parsed[key] : null;
  return Array.isArray(list) ? (list as readonly unknown[]).filter(isRecord) : [];
}

export function printList(key: string, records: readonly unknown[]): string {
  return `${JSON.stringify({ version: 1, [key]: records }, null, 1)}\n`;
}
