import { until } from "@inband/rig/until";
import { connectWhep, connectWhip } from "@inband/stage/client";
import { createStage, serveStage } from "@inband/stage/server";
import { versionOf } from "../../interop/version.ts";
import type { Box } from "../box.ts";
import { overWebRtc } from "../webrtc-path.ts";

/** The stage of this repository, by WHIP and WHEP. */
export const stageBox: Box = {
  name: "inband stage, WHIP to WHEP",
  family: "inband",
  isBrought: true,
  reason: () => undefined,
  version: () => `inband stage on ${versionOf("werift")}`,
  async run(clip) {
    const stage = createStage();
    const { url, close } = await serveStage(stage);
    try {
      const token = (participantId: string) => stage.createToken({ url, participantId });
      return await overWebRtc(
        clip,
        async (pc) => {
          await connectWhip(pc, { url: `${url}/publish/clip`, token: await token("clip") });
        },
        async (pc, read) => {
          read(pc.addTransceiver("video", { direction: "recvonly" }));
          await until(() => stage.participants()[0]?.isPublishing === true);
          await connectWhep(pc, { url: `${url}/subscribe/clip`, token: await token("reader") });
        },
      );
    } finally {
      await stage.close();
      await close();
    }
  },
};
