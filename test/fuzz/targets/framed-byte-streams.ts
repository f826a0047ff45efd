import { buildSei, joinAvcc, parseSei, readUserData, splitAvcc } from "@inband/h264";
import { forEachSei, H264Depayloader } from "@inband/h264/rtp";
import { concat, hostileBytes } from "@inband/rig/hostile-bytes";
import { slice } from "../generate.ts";
import { Input } from "../input.ts";
import { holds, type Target } from "../target.ts";

/**
 * SEI, a start code and other bytes, framed as one NAL unit: 1 byte for the zeros of the start code, 1 for the size of the
 * payload, the payload, and what stands behind. No message may come out that was not put in.
 */
export const framedByteStreamsTarget: Target = {
  name: "framed-byte-streams",
  make(random) {
    const payload = hostileBytes(random, 16 + random.length(60));
    const behind = random.oneIn(2) ? slice(random, 0) : concat([[0x41, 5, 20], hostileBytes(random, 40)]);
    return concat([[random.integer(0, 3), payload.length], payload, behind]);
  },
  check(bytes) {
    const input = new Input(bytes);
    const zeros = input.uint8() & 3;
    const payload = input.take(input.uint8());
    const sei = buildSei([{ payloadType: 5, payload }]);
    const framed = concat([sei, new Uint8Array(2 + zeros), [1], input.take(bytes.length)]);
    const messages = payload.length < 16 ? 0 : 1;
    const count = (nal: Uint8Array): number => {
      let found = 0;
      readUserData(nal, () => {
        found += 1;
      });
      return found;
    };
    holds(count(framed) === messages, "messages of readUserData");
    holds(parseSei(framed).length === 1, "messages of parseSei");
    holds(count(splitAvcc(joinAvcc([framed]))[0] as Uint8Array) === messages, "messages of a sample");
    let first = true;
    forEachSei(framed, (nal) => {
      if (first) holds(count(nal) === messages, "messages of an RTP payload");
      first = false;
    });
    const depayloader = new H264Depayloader();
    depayloader.push({ payload: framed, sequenceNumber: 0, rtpTimestamp: 0, marker: false });
    holds(depayloader.flush()?.nalUnits[0]?.length === sei.length, "the SEI NAL unit of the depayloader");
  },
};
