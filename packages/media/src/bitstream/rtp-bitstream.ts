import type { Finding } from "@inband/h264";
import { isRtcp, parseRtpPacket, type RtpPacket } from "@inband/rtp";
import type { StoredNalUnits } from "./bitstream.ts";
import { readFramedPackets } from "./framed-packets.ts";
import { RtpStream } from "./rtp-stream.ts";
import type { StoredBytes } from "./stored-bytes.ts";
import { chooseStream, isOfStream, namedStreams, streamName } from "./stream-choice.ts";

/** The NAL units of RTP packets, put in order; of several streams, those of the one that is H.264. */
export async function* readRtp(
  bytes: StoredBytes,
  isFramed: boolean,
  findings: Finding[],
  moved: (bytes: number) => void,
): AsyncGenerator<StoredNalUnits, void, undefined> {
  const groups = isFramed ? readFramedPackets(bytes, findings, moved) : [[await bytes.read(0, bytes.sizeBytes)]];
  const chosen = isFramed ? await chooseStream(bytes) : undefined;
  const stream = new RtpStream();
  const others = new Map<string, number>();
  let unnamed = 0;
  let broken = 0;
  for await (const group of groups) {
    for (const bytesOfPacket of group) {
      if (isFramed && isRtcp(bytesOfPacket)) continue;
      const packet = parseRtpPacket(bytesOfPacket) ?? (isFramed ? undefined : barePayload(bytesOfPacket));
      if (packet === undefined) broken += 1;
      else if (chosen === undefined || isOfStream(packet, chosen)) stream.push(packet);
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
  findings.push(...stream.findings());
  if (broken > 0) {
    const message = `${broken} frame(s) hold no RTP packet`;
    findings.push({ rule: "no-rtp-packet", severity: "error", clause: "RFC 3550 5.1", message });
  }
  for (const [name, packets] of others) {
    const message = `${packets} packet(s) of another stream (${name}) were left out`;
    findings.push({ rule: "other-stream", severity: "warning", message });
  }
  if (unnamed > 0) {
    const message = `${unnamed} packet(s) of still other streams were left out`;
    findings.push({ rule: "other-stream", severity: "warning", message });
  }
}

/** The packet of a payload that is stored alone. */
function barePayload(payload: Uint8Array): RtpPacket {
  return { payload, payloadType: 0, ssrc: 0, marker: true, sequenceNumber: 0, rtpTimestamp: 0 };
}
