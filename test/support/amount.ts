/** Is everything run, however long it takes? */
export const thorough = process.env.CI === 'true';

/**
 * How many generated cases a test judges: all of them with CI=true, else an eighth, so that `npm test` is done while one
 * waits for it.
 */
export function amount(all: number): number {
  return thorough ? all : Math.ceil(all / 8);
}

/** The same for cases that stand in a list: all of them, else every third. */
export function sample<T>(all: readonly T[]): readonly T[] {
  return thorough ? all : all.filter((_, at) => at % 3 === 0);
}
