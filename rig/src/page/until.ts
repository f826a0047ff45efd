import { hangMs } from "../hang.ts";

/**
 * Waits until something holds.
 *
 * @param what Says in words what holds then, for the error.
 * @param withinMs @defaultValue {@link hangMs}
 * @throws Error when it does not hold by then.
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = hangMs): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
