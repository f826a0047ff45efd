import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createEncoder, listEncoders } from "@inband/h264/encoder";
import { describe, expect, it } from "vitest";

const size = { width: 640, height: 360, framerate: 30 };

/** Runs a module in a Node of its own, so that what it loads and prints is its own. */
async function run(script: string, hooks = ""): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(
    process.execPath,
    [
      "--conditions=@inband/source",
      ...(hooks === "" ? [] : ["--import", `data:text/javascript,${encodeURIComponent(hooks)}`]),
      "--input-type=module",
      "--eval",
      script,
    ],
    { cwd: import.meta.dirname, env: { ...process.env, NODE_OPTIONS: "" } },
  );
}

describe("the choice of an encoder", () => {
  it("lists what runs here, and why the rest does not", async () => {
    const encoders = await listEncoders();
    expect(encoders.map(({ codec }) => codec)).toEqual(["h264_nvenc", "libx264"]);
    expect(encoders.at(-1)).toEqual({ codec: "libx264", backend: "node-av", hardware: false, available: true });
    for (const { available, reason } of encoders) expect(reason === undefined).toBe(available);
  });

  it("falls back from NVENC to libx264 and keeps the reason", async (context) => {
    const [nvenc] = await listEncoders();
    if (nvenc?.available === true) context.skip("NVENC runs on this machine, so nothing falls back");
    for (const codec of ["auto", "h264_nvenc"] as const) {
      using encoder = await createEncoder({ ...size, codec });
      expect(encoder.info).toEqual({
        ...size,
        requested: codec,
        used: "libx264",
        reason: nvenc?.reason,
        tried: [{ codec: "h264_nvenc", reason: nvenc?.reason }],
        hardware: false,
        backend: "node-av",
      });
      expect(encoder.info.reason).toMatch(/\w+ \w+/);
    }
  });

  it("has no reason to give when the first choice runs", async () => {
    using encoder = await createEncoder({ ...size, codec: "libx264" });
    expect(encoder.info).toMatchObject({ requested: "libx264", used: "libx264", tried: [] });
    expect(encoder.info).not.toHaveProperty("reason");
  });

  it("refuses with fallback false, and lists what it tried", async (context) => {
    const [nvenc] = await listEncoders();
    if (nvenc?.available === true) context.skip("NVENC runs on this machine, so nothing is refused");
    await expect(createEncoder({ ...size, codec: "h264_nvenc", fallback: false })).rejects.toMatchObject({
      name: "EncoderError",
      code: "unavailable",
      tried: [{ codec: "h264_nvenc", reason: nvenc?.reason }],
      message: expect.stringContaining(nvenc?.reason ?? "?"),
    });
  });

  it("prints nothing, whatever FFmpeg logs", async () => {
    const script = `
      import { createEncoder } from "@inband/h264/encoder";
      const encoder = await createEncoder(${JSON.stringify(size)});
      const data = new Uint8Array(640 * 360 * 1.5);
      await encoder.encode({ data, format: "I420", codedWidth: 640, codedHeight: 360, timestamp: 0 });
      encoder.close();`;
    expect(await run(script)).toEqual({ stdout: "", stderr: "" });
  });

  it("says how to install node-av where it is missing", async () => {
    const hooks = `
      import { registerHooks } from "node:module";
      registerHooks({
        resolve(specifier, context, next) {
          if (!specifier.startsWith("node-av")) return next(specifier, context);
          throw Object.assign(new Error("Cannot find package 'node-av'"), { code: "ERR_MODULE_NOT_FOUND" });
        },
      });`;
    const script = `
      import { createEncoder } from "@inband/h264/encoder";
      await createEncoder(${JSON.stringify(size)}).catch((error) => console.log(JSON.stringify([error.name, error.code, error.message])));`;
    const { stdout } = await run(script, hooks);
    expect(JSON.parse(stdout)).toEqual([
      "EncoderError",
      "unavailable",
      "The package node-av is not installed. Encoding needs it: npm install node-av@6.1.1",
    ]);
  });
});
