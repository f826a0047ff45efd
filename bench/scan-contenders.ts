import { nalUnitType, readUserData, splitAnnexB } from "@inband/h264";
import { type HlsModule, hlsReader } from "../test/peers/hls-reader.ts";

/** Messages that a full scan finds, and the NAL units or start codes that it counts. */
export interface Scan {
  readonly ours: (stream: Uint8Array) => number;
  readonly hls: (stream: Uint8Array) => number;
}

/** A full scan as inband and as hls.js do it: the list of all NAL units, and the SEI messages in them. Runs in Node and in browsers. */
export function scanContenders(hls: HlsModule): Scan {
  const byHls = hlsReader(hls);
  return {
    ours: (stream) => {
      let messages = 0;
      for (const nal of splitAnnexB(stream)) {
        if (nalUnitType(nal) !== 6) continue;
        readUserData(nal, () => {
          messages += 1;
        });
      }
      return messages;
    },
    hls: (stream) => byHls(stream).length,
  };
}
