import { answer, offer } from "@inband/rig/werift/peer";
import { janus } from "../../interop/middles/janus.ts";
import { mediasoup } from "../../interop/middles/mediasoup.ts";
import type { Middle, Published } from "../../interop/middles/middle.ts";
import type { Box } from "../box.ts";
import { overWebRtc } from "../webrtc-path.ts";

function middleBox(family: string, middle: Middle): Box {
  return {
    family,
    name: `${middle.name}, WebRTC`,
    reason: () => middle.unavailable,
    version: () => middle.version ?? middle.name,
    async run(clip) {
      const server = await middle.start();
      let published: Published | undefined;
      try {
        return await overWebRtc(
          clip,
          async (pc) => {
            published = await server.publish((await offer(pc)).sdp);
            await pc.setRemoteDescription({ type: "answer", sdp: published.answer });
          },
          async (pc, read) => {
            pc.onRemoteTransceiverAdded.subscribe(read);
            await published?.subscribe(async (sdp) => (await answer(pc, { type: "offer", sdp })).sdp);
          },
        );
      } finally {
        await server.close();
      }
    },
  };
}

/** SFUs, between werift and werift. */
export const middleBoxes: readonly Box[] = [middleBox("Janus", janus), middleBox("mediasoup", mediasoup)];
