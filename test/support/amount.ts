/** Is everything run, however long it takes? */
export const thorough = process.env.CI === 'true';

/**
 * How many generated cases a test judges: all of them with CI=true, else an eighth, so that `npm test` is done while one
 * waits for it.
 */
export function amount(all: number): number {
  return thorough ? all : Math.ceil(all / 8);
}
