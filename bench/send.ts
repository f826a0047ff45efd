import { type AccessUnit, joinAnnexB } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { loopbackPeer, offer } from "@inband/rig/werift/peer";
import { WeriftVideo } from "@inband/werift";
import { H264Packetizer, MediaStreamTrack, type RTCPeerConnection } from "werift";
import { cpuPerPacket, type Load } from "./cpu.ts";
import { sei, text } from "./frames.ts";
import { accessUnit, type FarPeer, framerate, startFarPeer, value } from "./peers.ts";
import { atMost, type Benchmark, type Outcome, withNoise } from "./row.ts";

/** As many as a difference of a few hundredths takes to be told from noise. */
const rounds = 31;

/** The whole way out, message and pacer included, beside werift's packetizer and track, by turns; the receiver is another process. */
export const send: Benchmark = {
  name: "send",
  async run(): Promise<Outcome> {
    const receiver = startFarPeer("receiver");
    const peers = [loopbackPeer(), loopbackPeer()] as const;
    const video = new WeriftVideo();
    const publisher = new SeiPublisher();
    try {
      publisher.attach(video);
      const connected = video.connect(peers[0]);
      await connect(peers[0], receiver);
      await connected;
      const track = new MediaStreamTrack({ kind: "video" });
      peers[1].addTransceiver(track, { direction: "sendonly" });
      await connect(peers[1], receiver);
      if (peers[1].connectionState !== "connected") {
        await peers[1].connectionStateChange.watch((state) => state === "connected", 10_000);
      }
      const packetizer = new H264Packetizer({ maxPayloadSize: 1170, inputFormat: "annexb" });
      const message = sei(text(200));
      let written = 0;
      const cost = await cpuPerPacket(
        {
          ours: pictures(
            (unit, index) => {
              publisher.publish(value(index)).sent.catch(() => undefined);
              video.write(unit);
            },
            () => video.stats().packets,
          ),
          werift: pictures(
            ({ nalUnits: [delimiter = message, picture = message], timestamp }) => {
              const annexB = joinedOf(delimiter, message, picture);
              const packets = packetizer.packetize(annexB, Math.round((timestamp * 9) / 100));
              for (const packet of packets) track.writeRtp(packet);
              written += packets.length;
            },
            () => written,
          ),
        },
        rounds,
      );
      const anchor = "werift's H264Packetizer and track.writeRtp";
      const row = atMost("send, CPU per packet, messages and pacer", cost.ours, anchor, cost.werift, 1.05);
      return { rows: [withNoise(row, cost.again)] };
    } finally {
      publisher.close();
      video.close();
      await Promise.all(peers.map((pc) => pc.close()));
      await receiver[Symbol.asyncDispose]();
    }
  },
};

async function connect(pc: RTCPeerConnection, receiver: FarPeer): Promise<void> {
  receiver.say(await offer(pc));
  await pc.setRemoteDescription(await receiver.next());
}

const joined = new Map<Uint8Array, Buffer>();

/** The access unit as an encoder hands it to werift, made once. */
function joinedOf(delimiter: Uint8Array, message: Uint8Array, picture: Uint8Array): Buffer {
  let annexB = joined.get(picture);
  if (!annexB) {
    annexB = Buffer.from(joinAnnexB([delimiter, message, picture]).buffer);
    joined.set(picture, annexB);
  }
  return annexB;
}

/** Pictures of 60 KB in real time. */
function pictures(write: (unit: AccessUnit, index: number) => void, packets: () => number): Load {
  let index = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      timer = setInterval(() => {
        write(accessUnit(index, 60_000), index);
        index += 1;
      }, 1000 / framerate);
    },
    stop: () => clearInterval(timer),
    packets,
  };
}
