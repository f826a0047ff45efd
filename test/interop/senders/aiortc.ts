import type { Sender } from "../ends.ts";
import type { Place } from "../place.ts";
import { joinByPython, startPythonPeer } from "../python/python-peer.ts";
import { debianPackages } from "../version.ts";

/** aiortc with its own encoder, each message once, or three times in the NAL unit of the slice as stages_sei does it. */
export function aiortcSender(style: "clean" | "stages_sei"): Sender {
  return {
    name: `aiortc${style === "clean" ? "" : ", as stages_sei glues"}`,
    ...debianPackages("python3-aiortc"),
    ...(style === "stages_sei" && {
      spoilsInChromium:
        "where three copies and the slice take more than one packet, Chromium sees no slice and freezes",
    }),
    async start(stage, participantId) {
      const left: ((place: Place) => void)[] = [];
      const peer = await startPythonPeer("aiortc_peer.py", ["send", style], ({ sent }) => {
        if (sent !== undefined) left.shift()?.({ rtpTimestamp: sent });
      });
      const session = await joinByPython(peer, stage, `/publish/${participantId}`, participantId);
      return {
        send(payload) {
          peer.tell({ message: Buffer.from(payload).toString("base64") });
          return new Promise((resolve) => left.push(resolve));
        },
        close: () => session.close(),
      };
    },
  };
}
