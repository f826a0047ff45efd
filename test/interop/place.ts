/** A picture of one encoded stream. */
export interface EncodedPicture {
  readonly ssrc: number;
  readonly rtpTimestamp: number;
}

/** The picture that a message speaks of, as one end names it. */
export interface Place {
  /** By the clock of this end: what lies between adds what it likes to it, the same for every picture. */
  readonly rtpTimestamp?: number | undefined;
  /** Its number in the clip. */
  readonly picture?: number | undefined;
  /** All pictures that carried it when the sender told of it, of all encoded streams. */
  readonly copies?: readonly EncodedPicture[];
}

/** What comparing the pictures that both ends name has shown. */
export interface Binding {
  /** Messages of which both ends name the picture. */
  readonly compared: number;
  /** Those of which they name the same. */
  readonly right: number;
  /** Whether pictures were compared by their numbers, or by the distance of RTP timestamps, which is the same for all. */
  readonly by: "picture" | "RTP timestamp";
}

/** Compares what both ends say of each message; undefined where they name nothing that can be compared. */
export function bindingOf(sent: ReadonlyMap<number, Place>, received: ReadonlyMap<number, Place>): Binding | undefined {
  const pairs = [...received].map(([number, place]) => pairOf(sent.get(number), place));
  const distance = commonest(pairs.map((pair) => pair.distance));
  const known = pairs.filter((pair) => pair.samePicture !== undefined || pair.distance !== undefined);
  if (known.length === 0) return undefined;
  const right = known.filter((pair) => (pair.samePicture ?? true) && (pair.distance ?? distance) === distance);
  const byPicture = known.every(({ samePicture }) => samePicture !== undefined);
  return { compared: known.length, right: right.length, by: byPicture ? "picture" : "RTP timestamp" };
}

interface Pair {
  readonly samePicture: boolean | undefined;
  /** From the RTP timestamp of the sender to that of the receiver, modulo 2^32. */
  readonly distance: number | undefined;
}

function pairOf(sent: Place | undefined, received: Place): Pair {
  const hasPictures = sent?.picture !== undefined && received.picture !== undefined;
  const hasTimes = sent?.rtpTimestamp !== undefined && received.rtpTimestamp !== undefined;
  return {
    samePicture: hasPictures ? sent.picture === received.picture : undefined,
    distance: hasTimes ? (received.rtpTimestamp - sent.rtpTimestamp) >>> 0 : undefined,
  };
}

function commonest(values: readonly (number | undefined)[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}
