/** The values without those that are undefined, as for options that may not be there. */
export function given<Values extends object>(
  values: Values,
): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  const there = Object.entries(values).filter(([, value]) => value !== undefined);
  // Only names of `values` are in it, each with its value.
  return Object.fromEntries(there) as { [Name in keyof Values]?: Exclude<Values[Name], undefined> };
}
