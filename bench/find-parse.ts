import { findSeiAnnexB, joinAnnexB, readUserData } from "@inband/h264";
import { hlsName, loadHlsReader } from "../test/peers/hls.ts";
import { ivsName, loadIvsWorker } from "../test/peers/ivs.ts";
import { delimiter, ownBuffer, sei, slice, text } from "./frames.ts";
import { measure } from "./measure.ts";
import { atLeast, atMost, type Benchmark, type Row } from "./row.ts";

function frame(bytes: number): Uint8Array {
  return joinAnnexB([delimiter, sei(text(200)), slice(bytes)]);
}

/** Finds the SEI NAL units of a frame and reads the one message of 200 bytes in them. */
function read(bytes: Uint8Array): number {
  let read = 0;
  for (const nal of findSeiAnnexB(bytes)) {
    readUserData(nal, (uuid, payload) => {
      read += uuid.length + payload.length;
    });
  }
  return read;
}

function check(name: string, actual: number): void {
  if (actual !== 216) throw new Error(`${name} read ${actual} bytes of user data, expected 216`);
}

/** Find and parse the SEI of an Annex B access unit: against the readers of two players, and over the frame size. */
export const findParse: Benchmark = {
  name: "find+parse",
  async run(): Promise<Row[]> {
    const hls = await loadHlsReader();
    const ivs = loadIvsWorker();
    const bytes = frame(86_000);
    const encodedFrame = { data: ownBuffer(bytes), getMetadata: () => ({ synchronizationSource: 1 }) };
    const contenders = {
      ours: () => read(bytes),
      hls: () => hls(bytes).reduce((sum, { userDataBytes }) => sum + 16 + userDataBytes.length, 0),
      ivs: () =>
        (ivs.receive(encodedFrame).seiResult ?? []).reduce(
          (sum, { uuid, payload }) => sum + uuid.length + payload.length,
          0,
        ),
    };
    check("inband", contenders.ours());
    check(hlsName, contenders.hls());
    check(ivsName, contenders.ivs());
    const peers = measure(contenders);
    const [oneKb, tenKb, hundredKb, oneMb] = [frame(1000), frame(10_000), frame(100_000), frame(1_000_000)] as const;
    const sweep = measure({
      "1 KB": () => read(oneKb),
      "10 KB": () => read(tenKb),
      "100 KB": () => read(hundredKb),
      "1 MB": () => read(oneMb),
    });
    return [
      atLeast("find+parse, 86 KB frame", peers.ours, hlsName, peers.hls, 30),
      atLeast("find+parse, 86 KB frame", peers.ours, ivsName, peers.ivs, 300),
      atMost("find+parse, 10 KB frame", sweep["10 KB"], "inband, 1 KB frame", sweep["1 KB"], 2),
      atMost("find+parse, 100 KB frame", sweep["100 KB"], "inband, 1 KB frame", sweep["1 KB"], 2),
      atMost("find+parse, 1 MB frame", sweep["1 MB"], "inband, 1 KB frame", sweep["1 KB"], 2),
    ];
  },
};
