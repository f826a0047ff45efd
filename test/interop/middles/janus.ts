import { startVideoRoom } from "@inband/rig/janus/video-room";
import { debianPackages } from "../version.ts";
import type { Middle } from "./middle.ts";

/** The VideoRoom of Janus. */
export const janus: Middle = {
  name: "Janus VideoRoom",
  ...debianPackages("janus"),
  async start() {
    const room = await startVideoRoom();
    return { publish: (offer) => room.publish(offer), close: async () => room[Symbol.asyncDispose]() };
  },
};
