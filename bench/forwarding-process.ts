/**
 * A stage, and beside it what is left of one when all but werift is taken away, in a process whose CPU time is asked for.
 * Both take WHIP and WHEP. Ends when the bench disconnects.
 *
 * @module
 */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { loopbackPeer } from "@inband/rig/werift/peer";
import { createStage, serveStage } from "@inband/stage/server";
import { MediaStreamTrack } from "werift";
import type { ForwardersAnswer, ForwardersRequest } from "./forwarding-peers.ts";

const stage = createStage({ maxSubscriptions: 100, maxSubscriptionsPerParticipant: 100 });
const { url } = await serveStage(stage);
const token = await stage.createToken({ url, participantId: "alice" });

/** What comes goes to every sender that has the track. */
const track = new MediaStreamTrack({ kind: "video" });
let barePackets = 0;
const bare = createServer(async (request, response) => {
  const publishes = request.url === "/publish";
  const pc = loopbackPeer({}, { transportCc: !publishes });
  await pc.setRemoteDescription({ type: "offer", sdp: await text(request) });
  const [transceiver] = pc.getTransceivers();
  if (publishes) {
    transceiver?.setDirection("recvonly");
    transceiver?.receiver.track.onReceiveRtp.subscribe((packet) => {
      barePackets += 1;
      // Their ids are those of the other connection.
      packet.header.extensions = [];
      track.writeRtp(packet);
    });
  } else {
    transceiver?.setDirection("sendonly");
    await transceiver?.sender.replaceTrack(track);
  }
  await pc.setLocalDescription(await pc.createAnswer());
  response.writeHead(201, { "content-type": "application/sdp", location: "/session" });
  response.end(pc.localDescription?.sdp);
});
await new Promise<void>((resolve) => bare.listen(0, "127.0.0.1", resolve));
const address = bare.address();
const port = typeof address === "object" ? address?.port : undefined;

process.on("message", async (request: ForwardersRequest) => {
  if (request.type === "start") {
    const places = {
      stage: { url, participant: "/alice" },
      bare: { url: `http://127.0.0.1:${port}`, participant: "" },
    };
    say({ type: "started", token, places });
  } else {
    const metrics = await (await stage.app.request("/metrics")).text();
    const received = Number(/^inband_stage_received_packets_total (\d+)/m.exec(metrics)?.[1]);
    const { user, system } = process.cpuUsage();
    say({ type: "usage", cpuUs: user + system, packets: { stage: received, bare: barePackets } });
  }
});
process.once("disconnect", () => process.exit());

function say(message: ForwardersAnswer): void {
  process.send?.(message);
}
