import { vi } from "vitest";

/** Ends the turn of the event loop under a fake clock: what was put off until then happens, and what that puts off. */
export function endOfTurn(): void {
  if (vi.isFakeTimers()) vi.runAllTicks();
}

/** Resolves when listeners have been told of what has happened: they are told when the turn has ended. */
export async function told(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) {
    endOfTurn();
    await undefined;
  }
}
