import { findSeiAnnexB, joinAnnexB, readUserData } from "@inband/h264";
import { hlsName, loadHlsReader } from "../test/peers/hls.ts";
import { ivsName, loadIvsWorker } from "../test/peers/ivs.ts";
import { delimiter, ownBuffer, sei, slice, text } from "./frames.ts";
import { measure } from "./measure.ts";
import { atLeast, atMost, type Benchmark, type Outcome, type Sweep } from "./row.ts";

type Reader = () => number;

/** Finds the SEI NAL units of a frame and reads the messages in them. */
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
  async run(): Promise<Outcome> {
    const hls = await loadHlsReader();
    const ivs = loadIvsWorker();
    /** Of a frame of about so many bytes with one message of 200 bytes. */
    const readers = (frameBytes: number): Record<"ours" | "hls" | "ivs", Reader> => {
      const bytes = joinAnnexB([delimiter, sei(text(200)), slice(frameBytes)]);
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
      return contenders;
    };
    const peers = measure(readers(86_000));
    const sizes = [1000, 10_000, 100_000, 1_000_000] as const;
    const [oneKb, tenKb, hundredKb, oneMb] = [readers(1000), readers(10_000), readers(100_000), readers(1_000_000)];
    const flat = measure({ oneKb: oneKb.ours, tenKb: tenKb.ours, hundredKb: hundredKb.ours, oneMb: oneMb.ours });
    const others = [oneKb, tenKb, hundredKb, oneMb].map(({ hls, ivs }) => measure({ hls, ivs }));
    const sweep: Sweep = {
      bytes: sizes,
      contenders: [
        { name: "inband", us: [flat.oneKb, flat.tenKb, flat.hundredKb, flat.oneMb] },
        { name: hlsName, us: others.map(({ hls }) => hls) },
        { name: ivsName, us: others.map(({ ivs }) => ivs) },
      ],
    };
    const rows = [
      atLeast("find+parse, 86 KB frame", peers.ours, hlsName, peers.hls, 30),
      atLeast("find+parse, 86 KB frame", peers.ours, ivsName, peers.ivs, 300),
      atMost("find+parse, 10 KB frame", flat.tenKb, "inband, 1 KB frame", flat.oneKb, 2),
      atMost("find+parse, 100 KB frame", flat.hundredKb, "inband, 1 KB frame", flat.oneKb, 2),
      atMost("find+parse, 1 MB frame", flat.oneMb, "inband, 1 KB frame", flat.oneKb, 2),
    ];
    return { rows, sweep };
  },
};
