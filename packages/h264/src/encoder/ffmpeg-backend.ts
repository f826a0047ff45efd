import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { EncoderBackend, OpenEncoder } from "./backend.ts";
import { EncoderError } from "./encoder-error.ts";
import type { EncoderName, EncoderSettings } from "./encoder-options.ts";
import { encoderArguments, FFmpegEncoder } from "./ffmpeg-encoder.ts";

/** Longer than any encoder takes to open. */
const probeWithinMs = 20_000;

const run = promisify(execFile);

/**
 * The encoders of the `ffmpeg` program on the PATH.
 *
 * @throws EncoderError `unavailable` where there is none.
 */
export async function ffmpegBackend(): Promise<EncoderBackend> {
  try {
    await run("ffmpeg", ["-version"], { timeout: probeWithinMs });
  } catch (cause) {
    const reason = isMissing(cause)
      ? "The program ffmpeg is not installed"
      : `The program ffmpeg fails: ${text(cause)}`;
    throw new EncoderError("unavailable", `${reason}. Install it, or use the backend node-av.`, {
      tried: [{ codec: "ffmpeg", reason }],
      cause,
    });
  }
  return { open };
}

/** It opens with its first picture, whose format it has to know: until then one black picture tells whether it can. */
async function open(codec: EncoderName, settings: EncoderSettings): Promise<OpenEncoder> {
  const { width, height, framerate } = settings;
  const source = ["-f", "lavfi", "-i", `color=black:size=${width}x${height}:rate=${framerate}`, "-frames:v", "1"];
  const options = [...source, ...encoderArguments(codec, settings), "-f", "null", "-"];
  try {
    await run("ffmpeg", ["-hide_banner", "-loglevel", "error", "-nostdin", ...options], { timeout: probeWithinMs });
  } catch (error) {
    throw new Error(reasonIn((error as { readonly stderr?: string }).stderr ?? "") || text(error));
  }
  return new FFmpegEncoder(codec, settings);
}

/** The first line that FFmpeg logs is the encoder's own; those behind it say that it did not open. */
function reasonIn(log: string): string {
  const [first = ""] = log.trim().split("\n");
  return first.replace(/^\[[^\]]*\] /, "").trim();
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
