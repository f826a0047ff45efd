import { splitAnnexB } from "@inband/h264";
import { until } from "@inband/rig/until";
import { BoundedMap } from "@inband/stream";
import { pushBytes, SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";
import { pictureOf } from "../clip-player.ts";
import type { Receiver } from "../ends.ts";
import { gstreamerPackages } from "../gstreamer.ts";
import { joinByPython, startPythonPeer } from "../python/python-peer.ts";
import { flowingPictures } from "./chromium.ts";

const rememberedUnits = 300;

/** GStreamer's WebRTC, depayloader and parser; what leaves them is read by ours, and decoded by avdec_h264. */
export const gstreamerReceiver: Receiver = {
  name: "GStreamer webrtcbin, rtph264depay",
  ...gstreamerPackages,
  tellsCopies: false,
  async start(stage, from, participantId, tally) {
    const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [inband(), ivs()] });
    const units = new BoundedMap<number, readonly Uint8Array[]>(rememberedUnits);
    const counted: Promise<void>[] = [];
    subscriber.on("message", ({ value, timestamp = -1 }) => {
      counted.push(pictureOf(units.get(timestamp) ?? []).then((picture) => tally.count(value, { picture })));
    });
    let received = 0;
    let decoded = 0;
    const peer = await startPythonPeer("gstreamer_peer.py", ["receive"], (event) => {
      if (event.decoded) decoded += 1;
      if (event.accessUnit === undefined) return;
      const bytes = Uint8Array.from(Buffer.from(event.accessUnit, "base64"));
      const timestamp = received++;
      units.set(timestamp, splitAnnexB(bytes));
      pushBytes(subscriber, bytes, { format: "annexb", timestamp });
    });
    const session = await joinByPython(peer, stage, `/subscribe/${from}`, participantId);
    await until(() => decoded > flowingPictures);
    return {
      decoded: async () => decoded,
      async close() {
        await session.close();
        await Promise.all(counted);
        subscriber.close();
      },
    };
  },
};
