/**
 * Waits until something holds, and looks every few milliseconds. It sets no time limit, so that a busy machine fails no
 * test; the time limit of the test catches what hangs.
 */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
