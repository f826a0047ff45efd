import { type AccessUnit, joinAnnexB } from "@inband/h264";
import { createEncoder } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";
import { SeiPublisher } from "@inband/publisher";
import { AccessUnitCarrier } from "@inband/stream";
import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  HlsOutputFormat,
  Output,
  type OutputFormat,
  PathedTarget,
} from "mediabunny";

const size = { width: 640, height: 360, framerate: 30 };

/** The test picture in H.264 with a message on every `every`th picture, whose value is the number of the picture. */
export async function numberedAccessUnits(frames: number, every: number): Promise<AccessUnit[]> {
  const publisher = new SeiPublisher<number>({ expiresAfterMs: 60_000 });
  const units: AccessUnit[] = [];
  const carrier = new AccessUnitCarrier({
    name: "segments",
    limits: { bytesPerAccessUnit: 4096, bytesPerSecond: 1_000_000 },
    send: (accessUnit) => units.push(accessUnit),
  });
  publisher.attach(carrier);
  const encoder = await createEncoder({ codec: "libx264", ...size, bitrate: 1_000_000, keyFrameInterval: 1 });
  let picture = 0;
  for await (const frame of testPicture({ ...size, frames })) {
    const accessUnit = await encoder.encode(frame);
    if (picture % every === 0) publisher.publish(picture);
    picture += 1;
    if (accessUnit === undefined) throw new Error("the encoder holds frames back");
    carrier.write(accessUnit);
  }
  encoder.close();
  publisher.close();
  return units;
}

/** A playlist and its segments of one second, by path; `main.m3u8` is the one to play. */
export async function hlsFiles(
  units: readonly AccessUnit[],
  segmentFormat: OutputFormat,
): Promise<Map<string, Uint8Array>> {
  const targets = new Map<string, BufferTarget>();
  const output = new Output({
    format: new HlsOutputFormat({ segmentFormat, targetDuration: 1 }),
    target: new PathedTarget("main.m3u8", ({ path }) => {
      const target = new BufferTarget();
      targets.set(path, target);
      return target;
    }),
  });
  const source = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(source);
  await output.start();
  for (const { nalUnits, timestamp, isKeyFrame } of units) {
    const packet = new EncodedPacket(joinAnnexB(nalUnits), isKeyFrame ? "key" : "delta", timestamp / 1e6, 1 / 30);
    const config = { codec: "avc1.42c01e", codedWidth: size.width, codedHeight: size.height };
    await source.add(packet, { decoderConfig: config });
  }
  await output.finalize();
  return new Map([...targets].map(([path, { buffer }]) => [path, new Uint8Array(buffer ?? new ArrayBuffer(0))]));
}
