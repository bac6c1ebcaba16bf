/** The long options of `holdfast probe`. `value`: what stands for the value in the help; null: takes none. */
export const probeOptions = {
  min: { value: 'TIME', says: 'the shortest idle time to try (default 30s)' },
  max: { value: 'TIME', says: 'the longest (default 15m)' },
  resolution: { value: 'R', says: 'how close: a part, 10% (default), or a time, 5s' },
  direction: { value: 'WHO', says: 'who speaks first: client, server, both (default)' },
  yes: { value: null, says: 'begin without a question' },
  json: { value: null, says: 'one JSON object on stdout' },
  help: { value: null, says: 'show this help' },
} as const satisfies Readonly<Record<string, { readonly value: string | null; readonly says: string }>>;

/** Those of ssh's letters that say who is asked, and two that say how much is told. */
export const probeLetters = ['F', 'i', 'l', 'p', 'o', 'J', 'b', '4', '6', 'P', 'v', 'q'] as const;
