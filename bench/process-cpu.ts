import { readFileSync } from "node:fs";

/** Ticks in a second that Linux counts CPU time in, whatever the machine (sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = 100;

/** CPU time that a process has used so far, all its threads, user and system, in microseconds (proc(5), stat). */
export function cpuUsOf(processId: number): number {
  const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
  // The name of the program may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
  return ((user + system) * 1_000_000) / ticksPerSecond;
}
