import { type AccessUnit, joinAnnexB } from "@inband/h264";
import { AccessUnitCarrier } from "@inband/stream";
import { publishClip } from "./clip-publisher.ts";
import type { RunningSender } from "./ends.ts";
import type { PythonPeer } from "./python/python-peer.ts";
import { debianPackages } from "./version.ts";

/** What `gstreamer_peer.py` needs of Debian. */
export const gstreamerPackages: ReturnType<typeof debianPackages> = debianPackages(
  "gstreamer1.0-plugins-bad",
  "gstreamer1.0-plugins-good",
  "gstreamer1.0-plugins-base",
  "gstreamer1.0-nice",
  "gstreamer1.0-libav",
  "python3-gi",
  "gir1.2-gst-plugins-base-1.0",
  "gir1.2-gst-plugins-bad-1.0",
);

/** An access unit as `gstreamer_peer.py` is told of it. */
export function accessUnitCommand({ nalUnits, timestamp }: Pick<AccessUnit, "nalUnits" | "timestamp">): object {
  return { accessUnit: Buffer.from(joinAnnexB(nalUnits)).toString("base64"), ms: timestamp / 1000 };
}

/** Plays the clip, with the messages that are sent, into a pipeline of GStreamer. */
export async function playInto(peer: PythonPeer): Promise<RunningSender> {
  const send = (accessUnit: AccessUnit) => peer.tell(accessUnitCommand(accessUnit));
  const playing = await publishClip(new AccessUnitCarrier({ name: "gstreamer", send }));
  return {
    ...playing,
    // GStreamer makes RTP timestamps of its own.
    send: async (payload) => ({ picture: (await playing.send(payload))?.picture }),
  };
}
