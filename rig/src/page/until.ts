/**
 * Waits until something holds.
 *
 * @param what Says in words what holds then, for the error.
 * @param withinMs Only what hangs takes that long, on however busy a machine. @defaultValue 60 s
 * @throws Error when it does not hold by then.
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
