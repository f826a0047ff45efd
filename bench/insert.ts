import { type AccessUnit, insertSei, insertSeiAnnexB, joinAnnexB } from "@inband/h264";
import { ivsName, loadIvsWorker } from "../test/peers/ivs.ts";
import { delimiter, ownBuffer, sei, slice, text } from "./frames.ts";
import { measure } from "./measure.ts";
import { atLeast, atMost, type Benchmark, type Outcome } from "./row.ts";

/** Build a SEI NAL unit of a 150-byte message and insert it into an 86 KB access unit. */
export const insert: Benchmark = {
  name: "insert",
  run(): Outcome {
    const ivs = loadIvsWorker();
    const payload = text(150);
    const nalUnits = [delimiter, slice(86_000)];
    const accessUnit: AccessUnit = { kind: "video", codec: "h264", nalUnits, timestamp: 0, isKeyFrame: false };
    const bytes = joinAnnexB(nalUnits);
    const data = ownBuffer(bytes);
    const encodedFrame = { data, getMetadata: () => ({ synchronizationSource: 1 }) };
    const ready = sei(payload);
    const length = bytes.length + 4 + ready.length;
    const contenders = {
      list: () => insertSei(accessUnit, [sei(payload)]).nalUnits.length,
      ivs: () => {
        encodedFrame.data = data;
        ivs.queue(payload);
        ivs.send(encodedFrame);
        return encodedFrame.data.byteLength;
      },
    };
    const copies = {
      copy: () => insertSeiAnnexB(bytes, [ready]).length,
      floor: () => {
        const copy = new Uint8Array(length);
        copy.set(bytes);
        return copy.length;
      },
    };
    if (contenders.list() !== 3) throw new Error("inband did not insert into the list");
    if (copies.copy() !== length) throw new Error("inband did not insert into the byte stream");
    const byIvs = contenders.ivs();
    // Its start codes have 3 bytes.
    if (byIvs !== length - 1) throw new Error(`${ivsName} made ${byIvs} bytes, expected ${length - 1}`);
    const times = measure(contenders);
    // By themselves: the garbage of the others would be collected in the turns of these, and they differ by little.
    const copying = measure(copies, 1001);
    return {
      rows: [
        atLeast("insert, list form, 86 KB", times.list, ivsName, times.ivs, 65),
        atMost("insert, Annex B copy, 86 KB", copying.copy, "allocate and copy as many bytes", copying.floor, 1.15),
      ],
    };
  },
};
