import { until } from "@inband/rig/until";
import type { Receiver } from "../ends.ts";
import { numberIn } from "../picture-number.ts";
import { joinByPython, startPythonPeer } from "../python/python-peer.ts";
import { debianPackages } from "../version.ts";
import { flowingPictures } from "./chromium.ts";

/** aiortc, which decodes: messages are in the side data of its pictures, as FFmpeg puts them there. */
export const aiortcReceiver: Receiver = {
  name: "aiortc",
  ...debianPackages("python3-aiortc"),
  tellsCopies: true,
  isIvsOnly: true,
  async start(stage, from, participantId, tally) {
    let decoded = 0;
    const peer = await startPythonPeer("aiortc_peer.py", ["receive"], (event) => {
      if (event.decoded) decoded += 1;
      if (event.message === undefined) return;
      const { rtpTimestamp, strip } = event;
      tally.count(Buffer.from(event.message, "base64"), { rtpTimestamp, picture: numberIn(strip) });
    });
    const session = await joinByPython(peer, stage, `/subscribe/${from}`, participantId);
    await until(() => decoded > flowingPictures);
    return {
      decoded: async () => decoded,
      close: () => session.close(),
    };
  },
};
