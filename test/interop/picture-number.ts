import { readFrameNumber } from "@inband/media/frames";
import type { Strip } from "./pages/decoded-pictures.ts";

/** The number of the test picture that a decoded picture shows; undefined where it shows none. */
export function numberIn(strip: Strip | undefined): number | undefined {
  if (!strip) return undefined;
  const { width: codedWidth, height: codedHeight, luma } = strip;
  const data = Uint8Array.from(Buffer.from(luma, "base64"));
  return readFrameNumber({ data, format: "I420", codedWidth, codedHeight, timestamp: 0 });
}
