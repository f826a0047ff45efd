import { H264Depayloader, type H264RtpPacket, parseRtpPayload, RtpReorder } from "@inband/h264/rtp";
import { isRtcp, parseRtpPacket, type RtpPacket } from "@inband/rtp";
import type { BitstreamDefect, StoredNalUnits } from "./bitstream.ts";
import { chunksOf, type StoredBytes } from "./stored-bytes.ts";

/** Payloads from which it is told which of several streams is H.264. */
const sampledPayloads = 200;
/** Streams that are sampled, and told of by name: every packet may claim another SSRC. */
const namedStreams = 64;
/** Packets that are read at once. */
const framesOfGroup = 4096;

/** The NAL units of RTP packets, put in order; of several streams, those of the one that is H.264. */
export async function* readRtp(
  bytes: StoredBytes,
  isFramed: boolean,
  defects: BitstreamDefect[],
  moved: (bytes: number) => void,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  const frames = isFramed ? framesOf(bytes, defects, moved) : [[await bytes.read(0, bytes.sizeBytes)]];
  const chosen = isFramed ? await chooseStream(bytes) : undefined;
  const stream = new RtpStream();
  const others = new Map<string, number>();
  let unnamed = 0;
  let broken = 0;
  for await (const group of frames) {
    for (const frame of group) {
      if (isFramed && isRtcp(frame)) continue;
      const packet = parseRtpPacket(frame) ?? (isFramed ? undefined : barePayload(frame));
      if (packet === undefined) broken += 1;
      else if (chosen === undefined || isOf(packet, chosen)) stream.push(packet);
      else {
        const name = streamName(packet);
        const count = others.get(name);
        if (count === undefined && others.size === namedStreams) unnamed += 1;
        else others.set(name, (count ?? 0) + 1);
      }
    }
    yield stream.take();
  }
  stream.end();
  yield stream.take();
  defects.push(...stream.defects());
  if (broken > 0) {
    const message = `${broken} frame(s) hold no RTP packet`;
    defects.push({ rule: "no-rtp-packet", severity: "error", clause: "RFC 3550 5.1", message });
  }
  for (const [name, packets] of others) {
    const message = `${packets} packet(s) of another stream (${name}) were left out`;
    defects.push({ rule: "other-stream", severity: "warning", message });
  }
  if (unnamed > 0) {
    const message = `${unnamed} packet(s) of still other streams were left out`;
    defects.push({ rule: "other-stream", severity: "warning", message });
  }
}

function barePayload(payload: Uint8Array): RtpPacket {
  return { payload, payloadType: 0, ssrc: 0, marker: true, sequenceNumber: 0, rtpTimestamp: 0 };
}

function streamName({ ssrc, payloadType }: RtpPacket): string {
  return `SSRC ${ssrc.toString(16).padStart(8, "0")}, payload type ${payloadType}`;
}

function isOf({ ssrc, payloadType }: RtpPacket, chosen: RtpPacket): boolean {
  return ssrc === chosen.ssrc && payloadType === chosen.payloadType;
}

/** How much of a stream is H.264. */
interface StreamScore {
  readonly first: RtpPacket;
  count: number;
  valid: number;
  bytes: number;
}

/** A packet of the stream most of whose payloads are H.264; of several, the largest one. */
async function chooseStream(bytes: StoredBytes): Promise<RtpPacket | undefined> {
  const scores = new Map<string, StreamScore>();
  let sampled = 0;
  for await (const frames of framesOf(bytes, [], () => undefined)) {
    for (const frame of frames) {
      const packet = parseRtpPacket(frame);
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
      if (isPayload(packet.payload)) score.valid += 1;
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

function isPayload(payload: Uint8Array): boolean {
  try {
    return parseRtpPayload(payload).kind !== "padding";
  } catch {
    return false;
  }
}

/** The packets, some thousands at once. RFC 4571 2. */
async function* framesOf(
  bytes: StoredBytes,
  defects: BitstreamDefect[],
  moved: (bytes: number) => void,
): AsyncGenerator<Uint8Array[], void, undefined> {
  let rest = new Uint8Array();
  let position = 0;
  for await (const chunk of chunksOf(bytes)) {
    const window = new Uint8Array(rest.length + chunk.length);
    window.set(rest);
    window.set(chunk, rest.length);
    let at = 0;
    let frames: Uint8Array[] = [];
    while (at + 2 <= window.length) {
      const end = at + 2 + (((window[at] as number) << 8) | (window[at + 1] as number));
      if (end > window.length) break;
      if (end > at + 2) frames.push(window.subarray(at + 2, end));
      at = end;
      if (frames.length < framesOfGroup) continue;
      yield frames;
      frames = [];
    }
    yield frames;
    position += chunk.length;
    moved(position);
    rest = window.subarray(at);
  }
  if (rest.length > 0) {
    const message = "The file ends inside a packet";
    defects.push({
      ...{ rule: "truncated", severity: "error", clause: "RFC 4571 2", message },
      ...{ offset: bytes.sizeBytes - rest.length },
    } as BitstreamDefect);
  }
}

/** One RTP stream on its way into NAL units. */
class RtpStream {
  readonly #reorder = new RtpReorder<H264RtpPacket>();
  readonly #depayloader = new H264Depayloader();
  #nalUnits: Uint8Array[] = [];
  #packets: RtpPacket[] = [];

  push(packet: RtpPacket): void {
    this.#packets.push(packet);
    // Files keep no times of arrival: a missing packet is given up when many have come after it.
    this.#reorder.push(packet, packet.sequenceNumber, 0, this.#release);
  }

  end(): void {
    this.#reorder.end(this.#release);
    this.#add(this.#depayloader.flush()?.nalUnits);
  }

  /** What has come since this was last called. */
  take(): StoredNalUnits {
    const group = { nalUnits: this.#nalUnits, rtpPackets: this.#packets };
    this.#nalUnits = [];
    this.#packets = [];
    return group;
  }

  defects(): BitstreamDefect[] {
    const { lost, stale, brokenFragments, malformed, tooLarge, startCodes, refused } = this.#depayloader.stats();
    const { late, duplicates } = this.#reorder.stats();
    const found: (BitstreamDefect | undefined)[] = [
      counted(lost, "loss", "RFC 3550 5.1", "packet(s) are missing"),
      counted(late + stale, "late", "RFC 3550 5.1", "packet(s) came too late to be used", "warning"),
      counted(duplicates, "duplicate", "RFC 3550 5.1", "packet(s) came twice", "warning"),
      counted(brokenFragments, "fragment", "RFC 6184 5.8", "fragment(s) or fragmented NAL unit(s) are not complete"),
      counted(startCodes, "start-code-inside", "H.264 7.4.1", "payload(s) frame a byte stream as one NAL unit"),
      counted(malformed, "payload", "RFC 6184 5", "payload(s) are malformed"),
      counted(tooLarge, "too-large", "RFC 6184 5", "NAL unit(s) are too large to be read"),
    ];
    for (const [name, count] of Object.entries(refused)) {
      found.push(counted(count, "payload-type", "RFC 6184 5.4", `packet(s) of ${name}, which is not read`));
    }
    return found.filter((defect) => defect !== undefined);
  }

  readonly #release = (packet: H264RtpPacket, sequenceNumber: number): void => {
    for (const { nalUnits } of this.#depayloader.push({ ...packet, sequenceNumber })) this.#add(nalUnits);
  };

  #add(nalUnits: readonly Uint8Array[] = []): void {
    for (const nal of nalUnits) this.#nalUnits.push(nal);
  }
}

function counted(
  count: number,
  rule: string,
  clause: string,
  what: string,
  severity: BitstreamDefect["severity"] = "error",
): BitstreamDefect | undefined {
  return count === 0 ? undefined : { rule, severity, clause, message: `${count} ${what}` };
}
