/** Causes that are remembered as told on the console; beyond them no more are told. */
const maxCauses = 32;

/** Tells errors without a listener on the console, once for each cause: nothing else would say why no message arrives. */
export class UnheardErrors {
  readonly #causes = new Set<string>();

  warn(error: Error & { readonly code?: unknown }): void {
    const cause = `${error.name} ${error.code ?? error.message}`;
    if (this.#causes.has(cause) || this.#causes.size >= maxCauses) return;
    this.#causes.add(cause);
    // What comes from a peer must not steer a terminal.
    console.warn(`inband: ${error.message}`.replace(/\p{Cc}/gu, " "), "(no listener for error; said once)");
  }
}
