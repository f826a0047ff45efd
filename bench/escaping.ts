import { escapeRbsp } from "@inband/h264";
import { ivsName, loadIvsWorker } from "../test/peers/ivs.ts";
import { text } from "./frames.ts";
import { measure } from "./measure.ts";
import { atLeast, type Benchmark, type Outcome, type Row } from "./row.ts";

/** Emulation prevention for a SEI NAL unit of 1000 bytes: text, which needs none, and zeros, which need most. */
export const escaping: Benchmark = {
  name: "escape",
  run(): Outcome {
    const ivs = loadIvsWorker();
    const rows: Row[] = [];
    for (const [what, payload, goal] of [
      ["text", text(1000), 60],
      ["zeros", new Uint8Array(1000), 15],
    ] as const) {
      const nal = Uint8Array.from([6, 5, 255, 255, 255, 235, ...payload, 0x80]);
      const unit = Uint8Array.from([0, 0, 1, ...nal]);
      const expected = ivs.escape(unit).slice(3);
      const actual = escapeRbsp(nal);
      if (expected.length !== actual.length || expected.some((byte, index) => byte !== actual[index])) {
        throw new Error(`inband and ${ivsName} escape ${what} differently`);
      }
      const times = measure({ ours: () => escapeRbsp(nal).length, ivs: () => ivs.escape(unit).length });
      rows.push(atLeast(`escape, 1000 bytes of ${what}`, times.ours, `${ivsName}, its function`, times.ivs, goal));
    }
    return { rows };
  },
};
