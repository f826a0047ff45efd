import { BlockList, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import type { SdpSection } from "../../session-description.ts";

/** Candidates of one offer that are checked: each one costs 5 STUN requests from each address of the stage. */
const maxCandidates = 8;

/** Lower ports are those of services, not of peers; libwebrtc refuses them too. */
const lowestPort = 1024;
const candidateTypes = new Set(["host", "srflx", "prflx", "relay"]);

/** Addresses that no peer has: this network, link-local (cloud metadata), multicast, reserved and broadcast (RFC 6890). */
const unusable = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  unusable.addSubnet(network, prefix);
}

/** The addresses where the candidates of a client may be. */
export interface CandidatePlaces {
  /** Whether a candidate may have an address; names and anything but IPv4 are not admitted. */
  admits(address: string): boolean;
}

/**
 * Where a client that asks from `remoteAddress` may have its candidates: a client on the stage's own machine on loopback
 * and the machine's own addresses, any other client anywhere else; none at an unusable address or the broadcast address of
 * a network of the machine. A client whose address the HTTP server does not give is not on this machine.
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
      isIPv4(address) && !unusable.check(address) && !broadcast.has(address) && isHere(address) === isLocal,
  };
}

/**
 * Keeps of the candidates in an offer those that the stage checks: UDP over IPv4, at an address and port where a peer may
 * be, each one once, the `maxCandidates` with the highest priority. Names are not looked up. A removed candidate costs no
 * connection: a client reaches the stage by the candidates of the answer, and the stage learns its address from that (RFC
 * 8445 7.3.1.3). For the same reason no section may say that its candidates have ended.
 */
export function keepUsableCandidates(sections: readonly SdpSection[], places: CandidatePlaces): void {
  const usable = new Map<string, number>();
  for (const { candidates = [] } of sections) {
    for (const candidate of candidates) {
      if (!isUsable(candidate, places)) continue;
      const place = placeOf(candidate);
      usable.set(place, Math.max(Number(candidate.priority), usable.get(place) ?? 0));
    }
  }
  const best = [...usable].toSorted(([, a], [, b]) => b - a).slice(0, maxCandidates);
  const kept = new Set(best.map(([place]) => place));
  for (const section of sections) {
    delete section.endOfCandidates;
    if (section.candidates === undefined) continue;
    section.candidates = section.candidates.filter(
      (candidate) => isUsable(candidate, places) && kept.delete(placeOf(candidate)),
    );
  }
}

/** The attributes of a candidate (RFC 8839 5.1) as parsed: text of digits may be a number, and a number text. */
type Candidate = NonNullable<SdpSection["candidates"]>[number];

function placeOf({ ip, port }: Candidate): string {
  return `${ip} ${Number(port)}`;
}

function isUsable(candidate: Candidate, places: CandidatePlaces): boolean {
  const { foundation, component, transport, priority, ip, port, type } = candidate;
  return (
    /^\S{1,32}$/.test(String(foundation)) &&
    Number(component) === 1 &&
    String(transport).toLowerCase() === "udp" &&
    Number(priority) < 2 ** 32 &&
    Number(port) >= lowestPort &&
    Number(port) < 65_536 &&
    candidateTypes.has(String(type).toLowerCase()) &&
    places.admits(String(ip))
  );
}

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  return address
    .split(".")
    .map((part, index) => (Number(part) | (~(mask[index] ?? 255) & 0xff)) & 0xff)
    .join(".");
}
