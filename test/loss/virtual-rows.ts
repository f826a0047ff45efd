import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { VirtualRow, virtualRow } from "./virtual-cells.ts";

/** What `virtualRow` is given. */
export type VirtualTask = Parameters<typeof virtualRow>;

/** Runs cells in virtual time on all cores, and hands each row on when it is there; the rows in the order of the tasks. */
export async function runVirtual(
  tasks: readonly VirtualTask[],
  done: (row: VirtualRow) => void,
): Promise<VirtualRow[]> {
  const rows: VirtualRow[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("./virtual-worker.ts", import.meta.url));
    try {
      for (let at = next++; at < tasks.length; at = next++) {
        worker.postMessage(tasks[at]);
        // Rejects when the worker throws.
        const [row] = (await once(worker, "message")) as [VirtualRow];
        rows[at] = row;
        done(row);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), tasks.length) }, work));
  return rows;
}
