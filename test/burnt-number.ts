import { readFrameNumber } from "@inband/media/frames";

/** The number of the test picture that a page showed. */
export function numberIn(shown: string): number | undefined {
  const data = Uint8Array.from(Buffer.from(shown, "base64"));
  return readFrameNumber({ data, format: "RGBA", codedWidth: 216, codedHeight: 96, timestamp: 0 });
}
