import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { until } from "@inband/rig/until";
import { loopbackPeer } from "@inband/rig/werift/peer";
import { connectWhep, connectWhip } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { WeriftVideo, weriftFeed } from "@inband/werift";
import type { RTCPeerConnection } from "werift";

const everyMs = 20;

/** What came to a witness. */
export interface Testimony {
  readonly lost: readonly number[];
  readonly twice: number;
  /** Packets with the media of somebody else. */
  readonly foreignPackets: number;
  readonly errors: readonly string[];
}

/** A publisher, alice, and her subscriber, whom nothing that others do to the stage may disturb. */
export class Witness implements AsyncDisposable {
  readonly #publisher = new SeiPublisher<number>();
  readonly #subscriber = new SeiSubscriber<number>();
  readonly #video = new WeriftVideo();
  readonly #peers: RTCPeerConnection[] = [loopbackPeer(), loopbackPeer()];
  readonly #received: number[] = [];
  readonly #errors: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #published = 0;
  #foreignPackets = 0;
  /** Where her session can be ended, which is nobody else's business. */
  location = "";
  /** The SSRC of her video, as everybody knows who reads her offer. */
  ssrc = 0;

  /** `foreign`: a row of bytes that only the media of others has. */
  static async join(url: string, token: (participantId: string) => Promise<string>, foreign: Buffer): Promise<Witness> {
    const witness = new Witness();
    await witness.#join(url, token, foreign);
    return witness;
  }

  async #join(url: string, token: (participantId: string) => Promise<string>, foreign: Buffer): Promise<void> {
    const [sending, receiving] = this.#peers as [RTCPeerConnection, RTCPeerConnection];
    this.#publisher.attach(this.#video);
    this.#publisher.on("error", (error) => this.#errors.push(error.message));
    this.#subscriber.on("error", (error) => this.#errors.push(error.message));
    this.#subscriber.on("message", ({ value }) => this.#received.push(value));
    const connected = this.#video.connect(sending);
    const session = await connectWhip(sending, { url: `${url}/publish/alice`, token: await token("alice") });
    this.location = session.location ?? "";
    await connected;
    this.ssrc = Number(/^a=ssrc:(\d+)/m.exec(sending.localDescription?.sdp ?? "")?.[1]);
    let index = 0;
    this.#timer = setInterval(() => {
      this.#video.write(accessUnit(index, { isKeyFrame: index % 20 === 0 }));
      index += 1;
    }, everyMs);
    const transceiver = receiving.addTransceiver("video", { direction: "recvonly" });
    this.#subscriber.attach(weriftFeed(transceiver));
    transceiver.onTrack.subscribe((track) =>
      track.onReceiveRtp.subscribe(({ payload }) => {
        if (payload.includes(foreign)) this.#foreignPackets += 1;
      }),
    );
    await connectWhep(receiving, { url: `${url}/subscribe/alice`, token: await token("viewer") });
    await until(() => receiving.connectionState === "connected");
    await this.hears();
  }

  /** Resolves when a message that is published now has come. */
  async hears(): Promise<void> {
    const number = this.#published++;
    this.#publisher.publish(number);
    await until(() => this.#received.includes(number));
  }

  testimony(): Testimony {
    const different = new Set(this.#received);
    return {
      lost: Array.from({ length: this.#published }, (_, number) => number).filter((number) => !different.has(number)),
      twice: this.#received.length - different.size,
      foreignPackets: this.#foreignPackets,
      errors: this.#errors,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#publisher.close();
    this.#subscriber.close();
    this.#video.close();
    await Promise.all(this.#peers.map((pc) => pc.close()));
  }
}
