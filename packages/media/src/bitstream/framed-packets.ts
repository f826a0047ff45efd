import type { Finding } from "@inband/h264";
import { isRtcp } from "@inband/rtp";
import { chunksOf, type StoredBytes } from "./stored-bytes.ts";

const lengthBytes = 2;
const headerBytes = 12;
/** Packets that are read at once. */
const packetsOfGroup = 4096;

/**
 * The RTP and RTCP packets of a framed stream, each behind its length in 2 bytes, as views. RFC 4571 2. A length of 0 is a
 * null packet and left out. Returns the offset of the packet that is not whole, or of the end.
 */
function* framedPackets(bytes: Uint8Array): Generator<Uint8Array, number, undefined> {
  let at = 0;
  while (at + lengthBytes <= bytes.length) {
    const start = at + lengthBytes;
    const end = start + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
    if (end > bytes.length) break;
    if (end > start) yield bytes.subarray(start, end);
    at = end;
  }
  return at;
}

/** Whether the beginning of a file, or all of it, is a framed stream. */
export function isFramedRtp(head: Uint8Array, isWhole: boolean): boolean {
  const packets = framedPackets(head);
  let count = 0;
  let next = packets.next();
  for (; !next.done; next = packets.next()) {
    if (!isPacket(next.value)) return false;
    count += 1;
  }
  const start = next.value + lengthBytes;
  if (start > head.length) return count > 0;
  const cut = head.subarray(start, start + headerBytes);
  // The end of the head may lie inside a packet header, of which the version is enough.
  const isCutHeader = !isWhole && start + headerBytes > head.length && (cut[0] ?? 0x80) >> 6 === 2;
  return count > (isWhole ? 1 : 0) && (isCutHeader || isPacket(cut));
}

/** The packets of a framed stream, some thousands at once. */
export async function* readFramedPackets(
  bytes: StoredBytes,
  findings: Finding[],
  moved: (bytes: number) => void,
): AsyncGenerator<Uint8Array[], void, undefined> {
  let rest = new Uint8Array();
  let position = 0;
  for await (const chunk of chunksOf(bytes)) {
    const window = new Uint8Array(rest.length + chunk.length);
    window.set(rest);
    window.set(chunk, rest.length);
    const packets = framedPackets(window);
    let group: Uint8Array[] = [];
    let next = packets.next();
    for (; !next.done; next = packets.next()) {
      group.push(next.value);
      if (group.length < packetsOfGroup) continue;
      yield group;
      group = [];
    }
    yield group;
    position += chunk.length;
    moved(position);
    rest = window.subarray(next.value);
  }
  if (rest.length > 0) {
    const message = "The file ends inside a packet";
    const offset = bytes.sizeBytes - rest.length;
    findings.push({ rule: "truncated", severity: "error", clause: "RFC 4571 2", message, offset });
  }
}

function isPacket(bytes: Uint8Array): boolean {
  return (bytes.length >= headerBytes && (bytes[0] as number) >> 6 === 2) || isRtcp(bytes);
}
