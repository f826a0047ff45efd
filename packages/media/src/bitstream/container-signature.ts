/** Whether a file begins with EBML (RFC 8794), the format of Matroska and WebM. */
export function isMatroska(head: Uint8Array): boolean {
  return ascii(head, 0, 4) === "\x1a\x45\xdf\xa3";
}

/**
 * Whether a file has the sync bytes of MPEG-TS packets (ISO/IEC 13818-1 2.4.3.2), which take 192 bytes on Blu-ray and 204
 * with parity. A file that begins inside a packet must show more of them.
 */
export function isTransportStream(head: Uint8Array): boolean {
  for (const step of [188, 192, 204]) {
    for (let start = 0; start < step; start += 1) {
      const isWholePacket = start === (step === 192 ? 4 : 0);
      let count = 0;
      while (count < 16 && head[start + count * step] === 0x47) count += 1;
      const isToTheEnd = start + count * step >= head.length;
      if (count >= 16 || (isToTheEnd && count > (isWholePacket ? 1 : 8))) return true;
    }
  }
  return false;
}

/** Whether a file begins as FLV, RIFF (AVI), Ogg, NUT, ASF, MXF, or an MPEG program or video stream. */
export function isOtherContainer(head: Uint8Array): boolean {
  if (/^(?:FLV|RIFF|OggS|nut\/)/.test(ascii(head, 0, 4))) return true;
  if (["\x30\x26\xb2\x75", "\x06\x0e\x2b\x34"].includes(ascii(head, 0, 4))) return true;
  return head[0] === 0 && head[1] === 0 && head[2] === 1 && (head[3] ?? 0) >= 0xb0;
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
