import { escapeRbsp, unescapeEbsp } from "@inband/h264";
import { hostileBytes } from "@inband/rig/hostile-bytes";
import { holds, sameBytes, type Target } from "../target.ts";

/** Any bytes as an RBSP and as an EBSP. */
export const emulationPreventionTarget: Target = {
  name: "emulation-prevention",
  make: (random) => hostileBytes(random, random.length(random.pick([200, 2000, 60_000]))),
  check(bytes) {
    const before = bytes.slice();
    const escaped = escapeRbsp(bytes);
    for (let at = 0; at + 2 < escaped.length; at += 1) {
      const isForbidden = escaped[at] === 0 && escaped[at + 1] === 0 && (escaped[at + 2] as number) < 3;
      holds(!isForbidden, "a forbidden pattern is left");
    }
    sameBytes(escaped, clauseEscape(bytes), "escape");
    sameBytes(unescapeEbsp(escaped), bytes, "unescape of escape");
    sameBytes(unescapeEbsp(bytes), clauseUnescape(bytes), "unescape");
    sameBytes(bytes, before, "the argument was written to");
  },
};

/** 7.4.1.1 as it reads. */
function clauseEscape(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  if (zeros >= 2) out.push(3);
  return Uint8Array.from(out);
}

/** 7.3.1 as it reads. */
function clauseUnescape(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) zeros = 0;
    else {
      out.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
  }
  return Uint8Array.from(out);
}
