import { createHash } from "node:crypto";
import { runProgram } from "@inband/rig/program";

/** One SEI message as FFmpeg read it. */
export interface TracedMessage {
  readonly payloadType: number;
  readonly payloadSize: number;
  /** Its {@link digest}; undefined for the types that FFmpeg takes apart into syntax elements (0, 1, 4, 6, 137 and others). */
  readonly payload: string | undefined;
}

/** One packet, that is one picture or two fields, as FFmpeg read it. */
export interface TracedPacket {
  readonly nalUnitTypes: number[];
  readonly messages: TracedMessage[];
}

/** What `trace_headers` says about a file. */
export interface Trace {
  readonly packets: readonly TracedPacket[];
  /** Lines of the levels warning and above, but for what FFmpeg says of its own avcC of the High profile. */
  readonly complaints: readonly string[];
}

/** The bytes in hexadecimal, or the first of them and a hash, so that a failed comparison can be read. */
export function digest(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return bytes.length <= 32 ? hex : `${hex.slice(0, 40)} ... ${createHash("sha256").update(bytes).digest("hex")}`;
}

const bytes = /(?:user_data_payload_byte|uuid_iso_iec_11578|payload_byte|itu_t_t35_payload_byte)\[\d+\] .* = (\d+)$/;

/** Reads a file with FFmpeg's bitstream filter `trace_headers`, an implementation of H.264 7.3 apart from ours. */
export async function traceHeaders(file: string): Promise<Trace> {
  const read = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info", "-i", file, "-c", "copy"];
  // Without -copyinkf everything before the first key frame is left out.
  const write = ["-copyinkf", "-bsf:v", "trace_headers", "-f", "null", "-"];
  const { stderr } = await runProgram("ffmpeg", [...read, ...write]);
  const packets: TracedPacket[] = [];
  const complaints: string[] = [];
  let sum = 0;
  let payloadType = 0;
  let payload: number[] = [];
  let message: { payloadType: number; payloadSize: number; payload: string | undefined } | undefined;
  const finish = (): void => {
    const isRaw = message && payload.length === message.payloadSize;
    if (message && isRaw) message.payload = digest(Uint8Array.from(payload));
    message = undefined;
    payload = [];
  };
  for (const line of stderr.split("\n")) {
    if (/\[(warning|error|fatal|panic)\]/.test(line) && !line.includes("4 bytes left at end of AVCC header")) {
      complaints.push(line);
    }
    if (!line.includes("[trace_headers")) continue;
    const packet = packets.at(-1);
    const value = Number(/ = (\d+)$/.exec(line)?.[1]);
    const byte = bytes.exec(line)?.[1];
    if (byte !== undefined) {
      payload.push(Number(byte));
    } else if (/\] Packet: /.test(line)) {
      finish();
      packets.push({ nalUnitTypes: [], messages: [] });
    } else if (line.includes(" nal_unit_type ")) {
      finish();
      packet?.nalUnitTypes.push(value);
    } else if (line.includes(" ff_byte ")) {
      finish();
      sum += 255;
    } else if (line.includes(" last_payload_type_byte ")) {
      finish();
      payloadType = sum + value;
      sum = 0;
    } else if (line.includes(" last_payload_size_byte ")) {
      message = { payloadType, payloadSize: sum + value, payload: undefined };
      sum = 0;
      packet?.messages.push(message);
    }
  }
  finish();
  return { packets, complaints };
}

/** One line for each decoded picture: the MD5 of its samples. Fails on any complaint of the decoder. */
export async function framemd5(file: string): Promise<string[]> {
  const command = ["-nostdin", "-hide_banner", "-v", "warning", "-i", file, "-map", "0:v", "-f", "framemd5", "-"];
  const { stdout, stderr } = await runProgram("ffmpeg", command);
  const complaints = stderr.split("\n").filter((line) => line !== "" && !line.includes("Timestamps are unset"));
  if (complaints.length > 0) throw new Error(`ffmpeg -i ${file}: ${complaints.join("\n")}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").at(-1)?.trim() ?? "");
}

/** The extradata that the container holds, for example the avcC of an mp4 file. */
export async function extradata(file: string): Promise<Uint8Array> {
  const command = ["-v", "error", "-show_data", "-select_streams", "v", "-show_entries", "stream=extradata"];
  const { stdout } = await runProgram("ffprobe", [...command, "-of", "json", file]);
  const dump: string = JSON.parse(stdout).streams[0].extradata;
  const hex = dump.split("\n").map((line) => line.slice(10, 49).replaceAll(" ", ""));
  return new Uint8Array(Buffer.from(hex.join(""), "hex"));
}
