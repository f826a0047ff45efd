/** What was thrown, as an error; code of the application may throw anything, even what cannot be made a text. */
export function asError(thrown: unknown): Error {
  try {
    return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  } catch {
    return new Error("Something was thrown that is no error and has no text");
  }
}
