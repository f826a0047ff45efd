import { type AccessUnit, joinAnnexB, NalUnitType, nalUnitType } from "@inband/h264";
import { loadNodeAv } from "@inband/h264/node-av";

const clockRate = 90_000;

/** What the muxer is told of the video. */
export interface WhipMuxerOptions {
  /** Where it publishes. */
  readonly url: string;
  readonly token: string;
  /** Has the parameter sets. */
  readonly keyFrame: AccessUnit;
  readonly width: number;
  readonly height: number;
  readonly framerate: number;
}

/** FFmpeg's WHIP muxer, connected. */
export interface WhipMuxer {
  /** Sends an access unit as the picture of this number; resolves when its packets have left. */
  write(accessUnit: AccessUnit, frame: number): Promise<void>;
  /** Ends the session. */
  close(): Promise<void>;
}

/**
 * Opens FFmpeg's WHIP muxer, as OBS has one.
 *
 * @throws Error where it does not connect.
 */
export async function openWhipMuxer(options: WhipMuxerOptions): Promise<WhipMuxer> {
  const { FFmpegError, FormatContext, Packet, Rational, Dictionary, constants } = await loadNodeAv("The WHIP muxer");
  const { url, token, keyFrame, width, height, framerate } = options;
  const parameterSets = keyFrame.nalUnits.filter((nal) =>
    ([NalUnitType.Sps, NalUnitType.Pps] as number[]).includes(nalUnitType(nal)),
  );
  const output = new FormatContext();
  const check = (code: number, what: string) => FFmpegError.throwIfError(code, what);
  check(output.allocOutputContext2(null, "whip", url), "alloc");
  const stream = output.newStream(null);
  Object.assign(stream.codecpar, {
    ...{ width, height },
    codecType: constants.AVMEDIA_TYPE_VIDEO,
    codecId: constants.AV_CODEC_ID_H264,
    format: constants.AV_PIX_FMT_YUV420P,
    profile: constants.AV_PROFILE_H264_BASELINE | constants.AV_PROFILE_H264_CONSTRAINED,
    level: 31,
    extradata: Buffer.from(joinAnnexB(parameterSets)),
  });
  stream.timeBase = new Rational(1, clockRate);
  stream.avgFrameRate = new Rational(framerate, 1);
  check(await output.writeHeader(Dictionary.fromObject({ authorization: token, pkt_size: "1200" })), "writeHeader");
  const packet = new Packet();
  return {
    async write({ nalUnits, isKeyFrame }, frame) {
      packet.alloc();
      packet.data = Buffer.from(joinAnnexB(nalUnits));
      packet.streamIndex = 0;
      packet.pts = packet.dts = BigInt((frame * clockRate) / framerate);
      packet.duration = BigInt(clockRate / framerate);
      packet.isKeyframe = isKeyFrame;
      packet.timeBase = { num: 1, den: clockRate };
      packet.rescaleTs({ num: 1, den: clockRate }, stream.timeBase);
      check(await output.interleavedWriteFrame(packet), "write");
      packet.unref();
    },
    async close() {
      await output.writeTrailer();
    },
  };
}
