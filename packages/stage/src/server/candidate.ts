import { BlockList, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";

/** Most candidates of one offer that are checked: each one costs 5 STUN requests from each address of the stage. */
export const maxCandidates = 8;

/** Ports below are those of services, not of peers; libwebrtc refuses them too. */
const lowestPort = 1024;

/** Where no peer is: this network, link-local (cloud metadata), multicast, reserved and broadcast (RFC 6890). */
const nowhere = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  nowhere.addSubnet(network, prefix);
}

/** Where a client that asks from `remoteAddress` may have its candidates. */
export interface CandidatePlaces {
  admits(address: string): boolean;
}

/**
 * A client on the stage's own machine may be on loopback and on the machine's own addresses, any other client anywhere
 * but there; nobody at an address of `nowhere` or at the broadcast address of a network that the machine is in.
 * `remoteAddress` is undefined where the HTTP server does not tell; it is taken for elsewhere.
 */
export function candidatePlaces(remoteAddress: string | undefined): CandidatePlaces {
  const own = new Set<string>();
  const broadcast = new Set<string>();
  for (const { family, address, netmask } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
    if (family !== "IPv4") continue;
    own.add(address);
    if (netmask !== "255.255.255.255") broadcast.add(broadcastOf(address, netmask));
  }
  const isHere = (address: string): boolean => address.startsWith("127.") || own.has(address);
  const from = remoteAddress?.replace(/^::ffff:/, "");
  const isLocal = from !== undefined && (from === "::1" || isHere(from));
  return {
    admits: (address) =>
      isIPv4(address) && !nowhere.check(address) && !broadcast.has(address) && isHere(address) === isLocal,
  };
}

/**
 * The sections of an offer with the candidates that the stage checks: UDP over IPv4, at most `maxCandidates`, the same one
 * once, where a peer may be. Names are not looked up. What is left out costs no connection: a client reaches the stage by
 * the candidates of the answer, and the stage learns from where (RFC 8445 7.3.1.3). For that reason no section says
 * that its candidates have ended.
 */
export function withUsableCandidates(sections: readonly string[], places: CandidatePlaces): string[] {
  const usable = new Map<string, number>();
  const candidate = /^a=candidate:\S{1,32} 1 udp (\d{1,10}) ([\d.]{7,15}) (\d{1,5}) typ (?:host|srflx|prflx|relay)\b/i;
  const read = (line: string): { key: string; priority: number } | undefined => {
    const [, priority, address = "", port] = candidate.exec(line) ?? [];
    const isUsable = Number(port) >= lowestPort && Number(port) < 65_536 && places.admits(address);
    return isUsable ? { key: `${address} ${port}`, priority: Number(priority) } : undefined;
  };
  for (const [line] of sections.join("").matchAll(/^a=candidate:[^\r\n]*/gm)) {
    const { key, priority } = read(line) ?? {};
    if (key !== undefined && priority !== undefined) usable.set(key, Math.max(priority, usable.get(key) ?? 0));
  }
  const kept = new Set(
    [...usable]
      .toSorted(([, a], [, b]) => b - a)
      .map(([key]) => key)
      .slice(0, maxCandidates),
  );
  return sections.map((section) =>
    section.replace(/^a=(?:candidate:[^\r\n]*|end-of-candidates[^\r\n]*)\r\n/gm, (line) => {
      const key = read(line)?.key;
      return key !== undefined && kept.delete(key) ? line : "";
    }),
  );
}

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  return address
    .split(".")
    .map((part, index) => (Number(part) | (~(mask[index] ?? 255) & 0xff)) & 0xff)
    .join(".");
}
