/** What hangs on what among the keywords, as the rows of the table say it. All by keys, of one release. */
import type { Keyword } from './keyword.js';
import { keywordOf, tableOf } from './keywords.js';
import type { Release } from './releases.js';

/** The options that the value of one hangs on, beside its own lines. */
export function inputsOf(key: string, release: Release): readonly string[] {
  return tableOf(release)
    .keywords.filter((row) => changedBy(row).includes(key))
    .map((row) => row.key);
}

/** The options whose values, defaults or refusals hang together with those of one. */
export function companyOf(key: string, release: Release): readonly string[] {
  const own = keywordOf(key, release);
  const changed = own === undefined ? [] : changedBy(own);
  const refused = tableOf(release).keywords.flatMap((row) => {
    const group = [row.key, ...row.refusedWith];
    return row.refusedWith.length > 0 && group.includes(key) && row.rival === null ? group : [];
  });
  const company = new Set([...changed, ...inputsOf(key, release), ...refused]);
  company.delete(key);
  return [...company];
}

/** The options by which a host may come to jump through itself. */
export function jumpingKeys(release: Release): readonly string[] {
  const jump = keywordOf('proxyjump', release);
  if (jump === undefined) return [];
  return [jump.key, ...(jump.rival === null ? [] : [jump.rival]), ...jump.refusedWith];
}

function changedBy({ rival, clears, affects }: Keyword): readonly string[] {
  return [...(rival === null ? [] : [rival]), ...clears, ...affects];
}
