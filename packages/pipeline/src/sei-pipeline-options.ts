import type { EncoderOptions, H264Encoder } from "@inband/h264/encoder";
import { isOutput } from "@inband/media";
import type { EventTriggerOptions, Mp4RecorderOptions } from "@inband/recorder";
import { checkOptions, type Profile } from "@inband/wire";
import type { AccessUnitOutput } from "./pipeline-output.ts";

/** Settings of a `SeiPipeline`. */
export interface SeiPipelineOptions {
  /** How to encode, or an encoder of yours, which `stop` then leaves open; its own bound on frames that wait holds, too. */
  readonly encoder: EncoderOptions | H264Encoder;
  /** How the messages of the frames are written: `seiModule(uuid)` as the Python SEI module does. @defaultValue `inband()` */
  readonly profile?: Profile;
  /** Whether frames carry messages from the beginning. @defaultValue true */
  readonly sei?: boolean;
  /** One frame in so many carries a message. @defaultValue 1 */
  readonly seiEveryFrames?: number;
  /** Where the video goes, beside the address that `start` takes: by name, an address for `openSink` or what takes access units. */
  readonly outputs?: Readonly<Record<string, string | AccessUnitOutput>>;
  /** Records events. @defaultValue none is recorded */
  readonly recorder?: Mp4RecorderOptions;
  /** What makes an event of the inference of a frame. */
  readonly triggers?: readonly EventTriggerOptions[];
  /** Most frames that wait to be encoded. @defaultValue 100 */
  readonly maxQueued?: number;
}

const names: ReadonlySet<string> = new Set([
  ...(["encoder", "profile", "sei", "seiEveryFrames", "outputs", "recorder", "triggers", "maxQueued"] as const),
] satisfies (keyof SeiPipelineOptions)[]);

/** @throws TypeError or RangeError that names the option. */
export function checkPipelineOptions(options: SeiPipelineOptions): void {
  checkOptions(options, names);
  const { encoder, seiEveryFrames = 1, maxQueued = 100, outputs = {}, triggers = [] } = options ?? {};
  if (typeof encoder !== "object" || encoder === null) throw new TypeError("encoder: expected options or an encoder");
  for (const [name, value] of Object.entries({ seiEveryFrames, maxQueued })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${name}: expected a positive integer, got ${String(value)}`);
    }
  }
  for (const [name, output] of Object.entries(outputs)) checkOutput(name, output);
  if (!Array.isArray(triggers)) throw new TypeError("triggers: expected an array");
}

/** @throws TypeError for what is no output, or an address that `openSink` does not know. */
export function checkOutput(name: string, output: string | AccessUnitOutput): void {
  const isKnown = typeof output === "string" ? isOutput(output) : typeof output?.write === "function";
  if (!isKnown) throw new TypeError(`outputs.${name}: expected an address for openSink, or an object with write`);
}

/** Whether an encoder was given, and not the options of one. */
export function isEncoder(encoder: EncoderOptions | H264Encoder): encoder is H264Encoder {
  return typeof (encoder as H264Encoder).encode === "function";
}
