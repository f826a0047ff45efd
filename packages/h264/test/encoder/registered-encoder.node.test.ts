import { createEncoder, listEncoders, type OpenEncoder, type RawFrame, registerEncoder } from "@inband/h264/encoder";
import { expect, it, onTestFinished } from "vitest";

const size = { width: 16, height: 16, framerate: 30 };
const keyFrame = Uint8Array.of(0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 1, 0x68, 0xce, 0, 0, 0, 1, 0x65, 0x88);
const other = Uint8Array.of(0, 0, 0, 1, 0x41, 0x9a);

function picture(timestamp: number): RawFrame {
  return { data: new Uint8Array(384), format: "I420", codedWidth: 16, codedHeight: 16, timestamp };
}

it("an encoder of one's own is opened by its name, asked for key frames, and opened anew after it died", async () => {
  const opened: number[] = [];
  let isDead = false;
  const open = async ({ bitrate }: { readonly bitrate: number }): Promise<OpenEncoder> => {
    opened.push(bitrate);
    isDead = false;
    return {
      async encode(_frame, pts, isKeyFrame) {
        if (pts === 2) {
          isDead = true;
          throw new Error("the chip is gone");
        }
        return isKeyFrame || pts === 0 ? keyFrame : other;
      },
      setBitrate() {},
      drain: async () => [],
      close() {},
      get isDead() {
        return isDead;
      },
    };
  };
  onTestFinished(registerEncoder({ codec: "my-chip", hardware: true, open }));
  using encoder = await createEncoder({ ...size, codec: "my-chip", bitrate: 100_000 });
  expect(encoder.info).toMatchObject({ requested: "my-chip", used: "my-chip", backend: "registered", hardware: true });
  expect(await encoder.encode(picture(0))).toMatchObject({ isKeyFrame: true, timestamp: 0 });
  expect(await encoder.encode(picture(1))).toMatchObject({ isKeyFrame: false, timestamp: 1 });
  await expect(encoder.encode(picture(2))).rejects.toThrow("the chip is gone");
  encoder.requestKeyFrame();
  expect(await encoder.encode(picture(3))).toMatchObject({ isKeyFrame: true, timestamp: 3 });
  expect(opened).toEqual([100_000, 100_000]);
  expect((await listEncoders()).at(-1)).toEqual({
    ...{ codec: "my-chip", backend: "registered", hardware: true, available: true },
  });
});

it("a name is registered once, and is free again", async () => {
  const open = async (): Promise<OpenEncoder> => {
    throw new Error("not here");
  };
  const remove = registerEncoder({ codec: "once", open });
  expect(() => registerEncoder({ codec: "once", open })).toThrow("is there already");
  expect(() => registerEncoder({ codec: "libx264", open })).toThrow("is there already");
  expect(() => registerEncoder({ codec: "a name", open })).toThrow("codec is a name");
  await expect(createEncoder({ ...size, codec: "once" })).rejects.toMatchObject({
    code: "unavailable",
    tried: [{ codec: "once", reason: "not here" }],
  });
  remove();
  await expect(createEncoder({ ...size, codec: "once" })).rejects.toThrow("codec is once; it must be one of auto");
});
