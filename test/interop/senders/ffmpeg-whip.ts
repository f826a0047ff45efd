import { joinAnnexB, NalUnitType, nalUnitType } from "@inband/h264";
import { loadNodeAv } from "@inband/h264/node-av";
import { clip, framerate } from "../clip-player.ts";
import type { Sender } from "../ends.ts";
import { versionOf } from "../version.ts";

const clockRate = 90_000;
const size = { width: 640, height: 360 };

/** FFmpeg's WHIP muxer, as OBS has one: it knows nothing of messages, which are posted to the stage instead. */
export const ffmpegWhipSender: Sender = {
  name: "FFmpeg WHIP, messages by POST",
  version: `FFmpeg in ${versionOf("node-av")}`,
  isPosted: true,
  async start(stage, participantId) {
    const { FFmpegError, FormatContext, Packet, Rational, Dictionary, constants } =
      await loadNodeAv("The FFmpeg sender");
    const pictures = await clip();
    const parameterSets = (pictures[0]?.nalUnits ?? []).filter((nal) =>
      ([NalUnitType.Sps, NalUnitType.Pps] as number[]).includes(nalUnitType(nal)),
    );
    const token = await stage.token(participantId);
    const output = new FormatContext();
    const check = (code: number, what: string) => FFmpegError.throwIfError(code, what);
    check(output.allocOutputContext2(null, "whip", `${stage.url}/publish/${participantId}`), "alloc");
    const stream = output.newStream(null);
    Object.assign(stream.codecpar, {
      ...size,
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
    let isOver = false;
    const play = async () => {
      const packet = new Packet();
      const beginMs = performance.now();
      for (let frame = 0; !isOver; frame += 1) {
        const { nalUnits = [], isKeyFrame = false } = pictures[frame % pictures.length] ?? {};
        const dueMs = beginMs + (frame * 1000) / framerate;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
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
      }
      await output.writeTrailer();
    };
    const playing = play();
    playing.catch(() => {});
    return {
      async send(payload) {
        const { status } = await fetch(`${stage.url}/${participantId}/messages`, {
          ...{ method: "POST", body: payload },
          headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" },
        });
        if (status !== 201) throw new Error(`POST: ${status}`);
      },
      async close() {
        isOver = true;
        await playing;
      },
    };
  },
};
