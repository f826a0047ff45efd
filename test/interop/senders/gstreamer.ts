import { createSocket } from "node:dgram";
import type { AccessUnit } from "@inband/h264";
import { loopbackPeer } from "@inband/rig/werift/peer";
import { connectWhip } from "@inband/stage/client";
import { weriftInjector } from "@inband/werift";
import { clip } from "../clip-player.ts";
import type { Sender } from "../ends.ts";
import { accessUnitCommand, gstreamerPackages, playInto } from "../gstreamer.ts";
import { joinByPython, startPythonPeer } from "../python/python-peer.ts";

/** A stream with messages through GStreamer's parser, payloader and WebRTC. */
export const gstreamerWhipSender: Sender = {
  name: "GStreamer webrtcbin, rtph264pay",
  ...gstreamerPackages,
  async start(stage, participantId) {
    const [first] = (await clip()) as [AccessUnit];
    const peer = await startPythonPeer("gstreamer_peer.py", ["send-webrtc"], () => {}, accessUnitCommand(first));
    const session = await joinByPython(peer, stage, `/publish/${participantId}`, participantId);
    const playing = await playInto(peer);
    return {
      send: (payload) => playing.send(payload),
      async close() {
        await playing.close();
        await session.close();
      },
    };
  },
};

/** The same as RTP over UDP, as cameras send it, passed on to the stage by `weriftInjector`. */
export const gstreamerRtpSender: Sender = {
  name: "GStreamer rtph264pay, by weriftInjector",
  ...gstreamerPackages,
  async start(stage, participantId) {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const peer = await startPythonPeer("gstreamer_peer.py", ["send-udp", String(socket.address().port)], () => {});
    const pc = loopbackPeer();
    const injector = weriftInjector(pc.addTransceiver("video", { direction: "sendonly" }).sender);
    socket.on("message", (packet) => injector.write(packet));
    const token = await stage.token(participantId);
    const session = await connectWhip(pc, { url: `${stage.url}/publish/${participantId}`, token });
    const playing = await playInto(peer);
    return {
      send: (payload) => playing.send(payload),
      async close() {
        await playing.close();
        await peer.close();
        socket.close();
        injector.close();
        await session.close();
        await pc.close();
      },
    };
  },
};
