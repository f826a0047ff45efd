import { parseParams } from "sdp-transform";
import type { MediaDescription } from "../../session-description.ts";
import { StageError } from "../stage-error.ts";

/** Codecs that repair or wrap others. */
const auxiliary = new Set(["rtx", "red", "ulpfec", "flexfec-03"]);

/** One format of a video section (RFC 8866 6.6, 6.15). */
interface Format {
  readonly payloadType: number;
  readonly codec: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * Keeps one format of a video section, H.264 in packetization mode 1 (RFC 6184 8.1), and its RTX where it has one stream:
 * werift cannot tell which simulcast layer an RTX packet repairs. Without it the layers are repaired in their own streams.
 *
 * @throws StageError 406 where it has none, naming what was offered.
 */
export function keepH264(section: MediaDescription): void {
  const formats = formatsOf(section);
  const [best] = formats.filter(isForwarded).toSorted((a, b) => rank(a) - rank(b));
  if (best === undefined) throw noH264(formats);
  const rtx = isSimulcast(section)
    ? undefined
    : formats.find(
        ({ codec, parameters }) => codec.toLowerCase() === "rtx" && Number(parameters.apt) === best.payloadType,
      );
  const kept = [best, ...(rtx === undefined ? [] : [rtx])].map(({ payloadType }) => payloadType);
  const isKept = ({ payload }: { readonly payload: number | string }): boolean => kept.includes(Number(payload));
  const isOfKept = (feedback: { readonly payload: number | string }): boolean =>
    String(feedback.payload) === "*" || isKept(feedback);
  section.payloads = kept.join(" ");
  section.rtp = section.rtp.filter(isKept);
  section.fmtp = section.fmtp.filter(isKept);
  if (section.rtcpFb) section.rtcpFb = section.rtcpFb.filter(isOfKept);
  if (section.rtcpFbTrrInt) section.rtcpFbTrrInt = section.rtcpFbTrrInt.filter(isOfKept);
}

/** Whether a section has a format that `keepH264` would keep. */
export function hasH264(section: MediaDescription): boolean {
  return formatsOf(section).some(isForwarded);
}

/** Whether a section sends several encodings of one picture (RFC 8853), told apart by their ids alone, as browsers do. */
export function isSimulcast({ rids, simulcast, ssrcs }: MediaDescription): boolean {
  const sent = rids?.filter(({ direction }) => direction === "send").length ?? 0;
  return simulcast !== undefined && sent > 1 && !ssrcs?.length;
}

/** Takes simulcast out of a section: what is left is the stream that its SSRC names. */
export function dropSimulcast(section: MediaDescription): void {
  delete section.rids;
  delete section.simulcast;
  delete section.simulcast_03;
}

function formatsOf({ rtp, fmtp }: MediaDescription): Format[] {
  return rtp.map(({ payload, codec }) => {
    const config = fmtp.findLast((line) => line.payload === payload)?.config ?? "";
    return { payloadType: payload, codec, parameters: parseParams(String(config)) };
  });
}

function isH264({ codec }: Format): boolean {
  return codec.toUpperCase() === "H264";
}

function isForwarded(format: Format): boolean {
  return isH264(format) && Number(format.parameters["packetization-mode"]) === 1;
}

/** Constrained baseline comes first: every browser decodes it, and most of our encoders send it. */
function rank({ parameters }: Format): number {
  const profile = String(parameters["profile-level-id"]).slice(0, 4).toLowerCase();
  return profile === "42e0" ? 0 : profile.startsWith("42") ? 1 : 2;
}

function noH264(formats: readonly Format[]): StageError {
  const codecs = formats
    .filter(({ codec }) => !auxiliary.has(codec.toLowerCase()))
    .map((format) => (isH264(format) ? `${format.codec} packetization-mode=0` : format.codec));
  const offered = [...new Set(codecs)].join(", ") || "no video codec";
  return new StageError(
    406,
    "no-h264",
    `the stage forwards H.264 in packetization mode 1 only; the offer has ${offered}`,
  );
}
