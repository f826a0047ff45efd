import type { AccessUnit } from "@inband/h264";
import type { Receipt } from "@inband/publisher";
import { clip, clipSize, framerate } from "../clip-player.ts";
import type { Sender } from "../ends.ts";
import { versionOf } from "../version.ts";
import { openWhipMuxer } from "./whip-muxer.ts";

/** FFmpeg's WHIP muxer, as OBS has one: it knows nothing of messages, which are posted to the stage instead. */
export const ffmpegWhipSender: Sender = {
  name: "FFmpeg WHIP, messages by POST",
  version: `FFmpeg in ${versionOf("node-av")}`,
  isPosted: true,
  async start(stage, participantId) {
    const pictures = await clip();
    const pictureOf = (frame: number) => pictures[frame % pictures.length] as AccessUnit;
    const token = await stage.token(participantId);
    const url = `${stage.url}/publish/${participantId}`;
    const video = { keyFrame: pictureOf(0), ...clipSize, framerate };
    const muxer = await openWhipMuxer({ url, token, ...video });
    let isOver = false;
    const play = async () => {
      const beginMs = performance.now();
      for (let frame = 0; !isOver; frame += 1) {
        const dueMs = beginMs + (frame * 1000) / framerate;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
        await muxer.write(pictureOf(frame), frame);
      }
      await muxer.close();
    };
    const playing = play();
    playing.catch(() => {});
    return {
      async send(payload) {
        const response = await fetch(`${stage.url}/${participantId}/messages`, {
          ...{ method: "POST", body: payload },
          headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" },
        });
        if (response.status !== 201) throw new Error(`POST: ${response.status}`);
        const { streams } = (await response.json()) as Receipt;
        return { rtpTimestamp: streams[0]?.rtpTimestamps[0] };
      },
      async close() {
        isOver = true;
        await playing;
      },
    };
  },
};
