import { readFile, writeFile } from "node:fs/promises";
import { buildAvcConfig, joinAnnexB, joinAvcc, NalUnitType, nalUnitType, splitAccessUnits } from "@inband/h264";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { ffmpeg } from "@inband/rig/ffmpeg";

/** Encoded pictures whose parameter sets are kept apart from them. */
export interface Pictures {
  readonly width: number;
  readonly height: number;
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** The NAL units of each picture but for its parameter sets. */
  readonly accessUnits: readonly (readonly Uint8Array[])[];
}

/** Pictures of x264 at 25 a second, a key frame every five. */
export async function pictures(width: number, height: number, count: number): Promise<Pictures> {
  const encoded = await encodedPictures({ width, height, framerate: 25, frames: count, keyFrameInterval: 0.2 });
  return apart(
    width,
    height,
    encoded.map(({ nalUnits }) => nalUnits),
  );
}

/**
 * Pictures of an intra refresh, from behind its only IDR picture on: decoders begin at recovery points.
 *
 * @param path Names of files to write.
 */
export async function refreshedPictures(path: (name: string) => string, count: number): Promise<Pictures> {
  const [width, height] = [128, 96];
  const source = `testsrc2=size=${width}x${height}:rate=25`;
  const options = "intra-refresh=1:keyint=10:bframes=0:slices=1:repeat-headers=1";
  await ffmpeg(
    ...["-f", "lavfi", "-i", source, "-frames:v", String(count + 3), "-c:v", "libx264", "-x264-params", options],
    path("refresh.h264"),
  );
  const all = [...splitAccessUnits(await readFile(path("refresh.h264")))].map(({ nalUnits }) => nalUnits);
  const { sps, pps } = apart(width, height, all.slice(0, 1));
  return { ...apart(width, height, all.slice(3)), sps, pps };
}

function apart(width: number, height: number, nalUnits: readonly (readonly Uint8Array[])[]): Pictures {
  const first = nalUnits[0] ?? [];
  const isSet = (nal: Uint8Array): boolean => [NalUnitType.Sps, NalUnitType.Pps].includes(nalUnitType(nal) as 7 | 8);
  return {
    ...{ width, height },
    sps: first.filter((nal) => nalUnitType(nal) === NalUnitType.Sps),
    pps: first.filter((nal) => nalUnitType(nal) === NalUnitType.Pps),
    accessUnits: nalUnits.map((units) => units.filter((nal) => !isSet(nal))),
  };
}

/** Each picture behind lengths. */
export function samples({ accessUnits }: Pictures, lengthSize: 1 | 2 | 4 = 4): Uint8Array[] {
  return accessUnits.map((nalUnits) => joinAvcc(nalUnits, lengthSize));
}

/** The configuration that goes with {@link samples}. */
export function configuration({ sps, pps }: Pictures, lengthSize: 1 | 2 | 4 = 4): Uint8Array {
  return buildAvcConfig({ sps, pps, lengthSize });
}

/** Writes pictures as FLV by FFmpeg, the first of them at `firstMs`, and returns its bytes. */
export async function flv(path: (name: string) => string, pictures_: Pictures, firstMs: number): Promise<Uint8Array> {
  const { sps, pps, accessUnits } = pictures_;
  await writeFile(path("flv.h264"), joinAnnexB([...sps, ...pps, ...accessUnits.flat()]));
  await ffmpeg(
    "-r",
    "25",
    "-i",
    path("flv.h264"),
    "-c",
    "copy",
    "-bsf:v",
    "filter_units=remove_types=7|8",
    path("part.flv"),
  );
  const bytes = await readFile(path("part.flv"));
  // Each tag behind the size of the one before: type, 3 bytes of size, 3 of time and one more of it, stream, data.
  for (let at = 9 + 4; at + 11 <= bytes.length; at += 11 + bytes.readUIntBE(at + 1, 3) + 4) {
    const time = bytes.readUIntBE(at + 4, 3) + firstMs;
    bytes.writeUIntBE(time & 0xff_ffff, at + 4, 3);
  }
  return bytes;
}
