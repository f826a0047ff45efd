/** Files of which any two may hold some equal lines, and why. */
export interface KnownClone {
  readonly files: readonly string[];
  /** How many lines two of them share at most. */
  readonly lines: number;
  readonly why: string;
}

/** What `npm run check` lets files share. Whoever removes the last clone of an entry removes the entry. */
export const knownClones: readonly KnownClone[] = [];
