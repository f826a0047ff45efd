/**
 * The subscribers of the stage's row, in a process of their own, on node-datachannel for its low cost: ends when the bench
 * disconnects.
 *
 * @module
 */
import { loopbackNativePeer, nativeAnswer, nativeOffer } from "@inband/rig/node-datachannel/peer";
import { parseRtpPacket } from "@inband/rtp";
import { PeerConnection, RtcpReceivingSession, type Track, Video } from "node-datachannel";
import { numberOf } from "./numbered-picture.ts";
import type { Arrivals, ReceiversAnswer, ReceiversRequest, Way } from "./stage-peers.ts";

const peers = new Map<number, PeerConnection>();
const tracks: Track[] = [];
const probes: Probe[] = [];

/** A receiver that notes what comes; the others leave it to libdatachannel, which drops it. */
class Probe {
  readonly #way: Way;
  #packets = 0;
  #pictures: [number, number][] = [];

  constructor(way: Way) {
    this.#way = way;
  }

  read(track: Track): void {
    track.onMessage((datagram) => {
      const atMs = performance.now();
      const packet = parseRtpPacket(datagram);
      if (!packet || packet.payload.length === 0) return;
      this.#packets += 1;
      if (packet.marker) this.#pictures.push([numberOf(packet.payload), atMs]);
    });
  }

  report(): Arrivals {
    const arrivals = { way: this.#way, packets: this.#packets, pictures: this.#pictures };
    this.#packets = 0;
    this.#pictures = [];
    return arrivals;
  }
}

process.on("message", (request: ReceiversRequest) => void take(request));
process.once("disconnect", () => {
  for (const pc of peers.values()) pc.close();
  process.exit();
});

async function take(request: ReceiversRequest): Promise<void> {
  const { id } = request;
  if (request.type === "report") say({ type: "report", id, arrivals: probes.map((probe) => probe.report()) });
  else if (request.type === "accept") peers.get(id)?.setRemoteDescription(request.sdp, "answer");
  else {
    // Janus has candidates on the addresses of the machine, and none on loopback.
    const pc = request.way === "janus" ? new PeerConnection("receiver", { iceServers: [] }) : loopbackNativePeer();
    peers.set(id, pc);
    const probe = request.isProbe ? new Probe(request.way) : undefined;
    if (probe) probes.push(probe);
    const use = (track: Track): void => {
      tracks.push(track);
      track.setMediaHandler(new RtcpReceivingSession());
      probe?.read(track);
    };
    if (request.type === "answer") {
      pc.onTrack(use);
      say({ type: "description", id, sdp: await nativeAnswer(pc, request.sdp) });
    } else {
      const description = new Video("video", "RecvOnly");
      description.addH264Codec(96);
      use(pc.addTrack(description));
      say({ type: "description", id, sdp: await nativeOffer(pc) });
    }
  }
}

function say(answer: ReceiversAnswer): void {
  process.send?.(answer);
}
