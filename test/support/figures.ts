/** What a test measured, printed together at its end. */
export function figures(): { add(what: string, ms: number): void; print(): void } {
  const lines: string[] = [];
  return {
    add: (what, ms) => void lines.push(`  ${what}: ${(ms / 1000).toFixed(2)} s`),
    print: () => {
      if (lines.length > 0) process.stdout.write(`measured:\n${lines.join('\n')}\n`);
    },
  };
}
