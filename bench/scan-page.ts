import type { HlsModule } from "../test/peers/hls-reader.ts";
import { scanStream } from "./frames.ts";
import { measure } from "./measure.ts";
import { scanContenders } from "./scan-contenders.ts";

declare global {
  /** Set by the bundle that goes before. */
  var hlsModule: HlsModule;
  /** What the page measures, for the bench to call. */
  var measureScan: () => { ours: number; hls: number; oursFound: number; hlsFound: number };
}

globalThis.measureScan = () => {
  const { ours, hls } = scanContenders(globalThis.hlsModule);
  const { stream } = scanStream();
  const oursFound = ours(stream);
  const hlsFound = hls(stream);
  return { ...measure({ ours: () => ours(stream), hls: () => hls(stream) }, 31), oursFound, hlsFound };
};
