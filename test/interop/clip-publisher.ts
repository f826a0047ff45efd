import { SeiPublisher } from "@inband/publisher";
import type { AccessUnitCarrier } from "@inband/stream";
import { ivs } from "@inband/wire";
import { playClip } from "./clip-player.ts";
import type { RunningSender } from "./ends.ts";

/** Plays the clip into a carrier of ours, with the messages that are sent; closing it closes the carrier. */
export async function publishClip(video: AccessUnitCarrier): Promise<RunningSender> {
  const publisher = new SeiPublisher<Uint8Array>({ profile: ivs() });
  publisher.attach(video);
  const played = await playClip(video);
  return {
    async send(payload) {
      const { streams } = await publisher.publish(payload).sent;
      return played.place(streams[0]?.rtpTimestamps[0]);
    },
    async close() {
      played.stop();
      publisher.close();
      video.close();
    },
  };
}
