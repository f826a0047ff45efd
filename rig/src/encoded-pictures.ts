import type { AccessUnit } from "@inband/h264";
import { createEncoder, type EncoderOptions } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";

/** What is encoded: so many test pictures, and how. */
export type EncodedPicturesOptions = Omit<EncoderOptions, "codec" | "framerate"> & {
  readonly framerate: number;
  readonly frames: number;
};

/** Test pictures encoded by x264, as fast as it goes. */
export async function encodedPictures({ frames, ...options }: EncodedPicturesOptions): Promise<AccessUnit[]> {
  const { width, height, framerate } = options;
  using encoder = await createEncoder({ ...options, codec: "libx264" });
  const accessUnits: AccessUnit[] = [];
  for await (const frame of testPicture({ width, height, framerate, frames })) {
    const accessUnit = await encoder.encode(frame);
    if (accessUnit) accessUnits.push(accessUnit);
  }
  return accessUnits;
}
