import { setTimeout as sleep } from "node:timers/promises";

/** Time for what is on its way between programs of this machine, of which none tells when it has come. */
export function settle(): Promise<void> {
  return sleep(700);
}
