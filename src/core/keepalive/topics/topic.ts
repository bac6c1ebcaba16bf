/** One thing that can be explained, offline. */
export interface Topic {
  readonly name: string;
  /** Other words for it, in lower case. */
  readonly aliases: readonly string[];
  /** One line. */
  readonly title: string;
  /** Paragraphs. */
  readonly says: readonly string[];
  /** What each system or program calls it, or a table of cases. */
  readonly rows: readonly (readonly [string, string])[];
  readonly sources: readonly string[];
}
