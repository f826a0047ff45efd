import { parseRtpPayload } from "@inband/h264/rtp";
import { parseRtpPacket, type RtpPacket } from "@inband/rtp";
import { readFramedPackets } from "./framed-packets.ts";
import { isReadable } from "./payload-evidence.ts";
import type { StoredBytes } from "./stored-bytes.ts";

/** Payloads of each stream that show which one is H.264. */
const sampledPayloads = 200;
/** Streams that are sampled, and named in findings: every packet may claim another SSRC. */
export const namedStreams = 64;

/** How a stream is named to people. */
export function streamName({ ssrc, payloadType }: RtpPacket): string {
  return `SSRC ${ssrc.toString(16).padStart(8, "0")}, payload type ${payloadType}`;
}

/** Whether a packet belongs to the stream of another. */
export function isOfStream({ ssrc, payloadType }: RtpPacket, chosen: RtpPacket): boolean {
  return ssrc === chosen.ssrc && payloadType === chosen.payloadType;
}

/** How much of a stream is H.264. */
interface StreamScore {
  readonly first: RtpPacket;
  count: number;
  valid: number;
  bytes: number;
}

/** A packet of the stream whose payloads are H.264 for the most part; of several such streams, the largest one. */
export async function chooseStream(bytes: StoredBytes): Promise<RtpPacket | undefined> {
  const scores = new Map<string, StreamScore>();
  let sampled = 0;
  for await (const group of readFramedPackets(bytes, [], () => undefined)) {
    for (const framed of group) {
      const packet = parseRtpPacket(framed);
      if (packet === undefined || packet.payload.length === 0) continue;
      const name = streamName(packet);
      let score = scores.get(name);
      if (score === undefined) {
        if (scores.size === namedStreams) continue;
        score = { first: { ...packet, payload: new Uint8Array() }, count: 0, valid: 0, bytes: 0 };
        scores.set(name, score);
      }
      score.count += 1;
      score.bytes += packet.payload.length;
      if (isReadable(() => parseRtpPayload(packet.payload))) score.valid += 1;
      sampled += 1;
      if (sampled >= sampledPayloads * scores.size) return bestOf(scores);
    }
  }
  return bestOf(scores);
}

function bestOf(scores: ReadonlyMap<string, StreamScore>): RtpPacket | undefined {
  const ranked = [...scores.values()].sort((a, b) => {
    const isH264 = Number(b.valid * 2 > b.count) - Number(a.valid * 2 > a.count);
    return isH264 || b.bytes - a.bytes;
  });
  return ranked[0]?.first;
}
