/** Rejects an argument that is not what was expected. @throws TypeError that says so. */
export function expectThat(isSo: boolean, name: string, expected: string, got: unknown): asserts isSo {
  if (!isSo) throw new TypeError(`${name}: expected ${expected}, got ${String(got)}`);
}
