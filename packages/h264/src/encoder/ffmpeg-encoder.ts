import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { OpenEncoder } from "./backend.ts";
import { nvencOptions, x264Options } from "./codec-options.ts";
import type { EncoderName, EncoderSettings } from "./encoder-options.ts";
import { FlvAccessUnits } from "./flv-access-units.ts";
import type { RawFrame, RawFrameFormat } from "./raw-frame.ts";

const pixelFormats: Record<RawFrameFormat, string> = {
  I420: "yuv420p",
  NV12: "nv12",
  BGR: "bgr24",
  BGRA: "bgra",
  RGBA: "rgba",
};

/** What it says last is kept for the error of a program that dies. */
const keptLogLength = 2000;

type Program = ChildProcessByStdio<Writable, Readable, Readable>;

interface Waiting {
  resolve(bytes: Uint8Array | undefined): void;
  reject(error: Error): void;
}

/**
 * The `ffmpeg` program as an encoder: a raw picture into its standard input, an access unit out of its standard output.
 * Neither key frames nor another bitrate can be requested of a running one.
 */
export class FFmpegEncoder implements OpenEncoder {
  readonly isFixed = true;
  readonly #codec: EncoderName;
  readonly #settings: EncoderSettings;
  #program: Program | undefined;
  #format: RawFrameFormat | undefined;
  #waiting: Waiting | undefined;
  #ended: Promise<void> = Promise.resolve();
  #rest: Uint8Array[] = [];
  #isDead = false;

  constructor(codec: EncoderName, settings: EncoderSettings) {
    this.#codec = codec;
    this.#settings = settings;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async encode({ data, format }: RawFrame): Promise<Uint8Array | undefined> {
    if (this.#program === undefined || format !== this.#format) this.#begin(format);
    const { stdin } = this.#program as Program;
    const bytes = new Promise<Uint8Array | undefined>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    stdin.write(data);
    return bytes;
  }

  /** Of a running program nothing can be changed: `isFixed`. */
  setBitrate(): void {}

  async drain(): Promise<Uint8Array[]> {
    this.#program?.stdin.end();
    await this.#ended;
    return this.#rest;
  }

  close(): void {
    this.#program?.kill("SIGKILL");
    this.#program = undefined;
  }

  #begin(format: RawFrameFormat): void {
    this.close();
    const { width, height, framerate } = this.#settings;
    const input = [
      ...["-f", "rawvideo", "-pix_fmt", pixelFormats[format], "-video_size", `${width}x${height}`],
      ...["-framerate", String(framerate), "-i", "pipe:0"],
    ];
    // FLV has its parameter sets in front: with each key frame they are wanted in band.
    const output = ["-bsf:v", "dump_extra=freq=keyframe", "-flush_packets", "1", "-f", "flv", "pipe:1"];
    const options = [...input, ...encoderArguments(this.#codec, this.#settings), ...output];
    const program = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", ...options], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#program = program;
    this.#format = format;
    const accessUnits = new FlvAccessUnits();
    let log = "";
    program.stderr.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-keptLogLength);
    });
    program.stdout.on("data", (chunk: Uint8Array) => {
      for (const bytes of accessUnits.push(chunk)) this.#came(program, bytes);
    });
    // What is written to a program that dies fails here; that it died is said below.
    program.stdin.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        if (this.#program === program) this.#died(log.trim().split("\n").at(-1) || reason);
        resolve();
      };
      program.once("error", ({ message }) => end(message));
      program.once("close", (code, signal) => end(`the program ffmpeg ended with ${signal ?? code}`));
    });
  }

  #came(program: Program, bytes: Uint8Array): void {
    if (this.#program !== program) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting.resolve(bytes);
    else this.#rest.push(bytes);
  }

  #died(reason: string): void {
    this.#isDead = true;
    this.#waiting?.reject(new Error(reason));
    this.#waiting = undefined;
  }
}

/** How the program is told to encode, whatever it reads and writes. */
export function encoderArguments(codec: EncoderName, settings: EncoderSettings): string[] {
  const { bitrate, crf, keyFrameDistance } = settings;
  const isNvenc = codec === "h264_nvenc";
  const options = Object.entries(isNvenc ? nvencOptions(settings) : x264Options(settings));
  return [
    ...["-an", "-c:v", codec, "-pix_fmt", "yuv420p", "-threads", "1", "-bf", "0", "-g", String(keyFrameDistance)],
    ...options.flatMap(([name, value]) => [name === "profile" ? "-profile:v" : `-${name}`, value]),
    ...(crf === undefined ? ["-b:v", String(Math.round(bitrate))] : []),
    ...["-maxrate", String(Math.round(bitrate)), "-bufsize", String(Math.round(bitrate / 2))],
  ];
}
