import { accessUnitCommand } from "../interop/gstreamer.ts";
import { joinByPython, startPythonPeer } from "../interop/python/python-peer.ts";
import { openWhipMuxer, type WhipMuxer, type WhipMuxerOptions } from "../interop/senders/whip-muxer.ts";

/** Who sends the video: FFmpeg's WHIP muxer, as OBS has one, or GStreamer's parser, payloader and webrtcbin. */
export type EncoderName = "ffmpeg" | "gstreamer";

/** Opens an encoder that knows nothing of messages, connected to the publish resource of a stage. */
export function openEncoder(name: EncoderName, options: WhipMuxerOptions): Promise<WhipMuxer> {
  return name === "ffmpeg" ? openWhipMuxer(options) : openGstreamer(options);
}

async function openGstreamer({ url, token, keyFrame, framerate }: WhipMuxerOptions): Promise<WhipMuxer> {
  const { origin, pathname } = new URL(url);
  const access = { url: origin, token: async () => token };
  const first = accessUnitCommand({ ...keyFrame, timestamp: 0 });
  const peer = await startPythonPeer("gstreamer_peer.py", ["send-webrtc"], () => {}, first);
  const session = await joinByPython(peer, access, pathname, "");
  return {
    async write({ nalUnits }, frame) {
      // The one that is behind the offer has the time 0.
      peer.tell(accessUnitCommand({ nalUnits, timestamp: ((frame + 1) * 1_000_000) / framerate }));
    },
    close: () => session.close(),
  };
}
