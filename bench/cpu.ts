import { setTimeout as sleep } from "node:timers/promises";
import { median } from "@inband/rig/percentile";

/** Work that runs for a while and counts the packets that it moves. */
export interface Load {
  start(): void;
  stop(): void;
  packets(): number;
}

/** What starting a load costs, and what the one before has left behind, must not fall into its window. */
const settleMs = 150;

/**
 * Median microseconds of CPU time of this process, all its threads, for one packet under each load. The loads take turns
 * in windows of half a second by default, each after a pause, so that a busy moment of the machine falls on all. `again` is the last
 * load once more, with turns of its own: what it differs from itself says how much of a difference is noise.
 */
export async function cpuPerPacket<Name extends string>(
  loads: Readonly<Record<Name, Load>>,
  rounds = 15,
  windowMs = 500,
): Promise<Record<Name | "again", number>> {
  const given = Object.entries(loads) as [Name, Load][];
  const turns: [Name | "again", Load][] = [
    ...given,
    ...given.slice(-1).map(([, load]) => ["again", load] as ["again", Load]),
  ];
  const costs = new Map<Name | "again", number[]>(turns.map(([name]) => [name, []]));
  // The first two rounds warm up.
  for (let round = -2; round < rounds; round += 1) {
    for (let turn = 0; turn < turns.length; turn += 1) {
      const [name, load] = turns[(turn + Math.abs(round)) % turns.length] as [Name | "again", Load];
      load.start();
      await sleep(settleMs);
      const packetsBefore = load.packets();
      const before = process.cpuUsage();
      await sleep(windowMs);
      const { user, system } = process.cpuUsage(before);
      const packets = load.packets() - packetsBefore;
      load.stop();
      if (packets === 0) throw new Error(`${name}: no packet moved in ${windowMs} ms`);
      if (round >= 0) costs.get(name)?.push((user + system) / packets);
    }
  }
  return Object.fromEntries(turns.map(([name]) => [name, median(costs.get(name) ?? [])])) as Record<
    Name | "again",
    number
  >;
}
