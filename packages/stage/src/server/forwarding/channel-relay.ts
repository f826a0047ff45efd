import { BoundedMap, type SeiSink, type UserData, userDataKey } from "@inband/stream";
import type { RTCDataChannel } from "werift";
import type { ForwardedTrack } from "./forwarded-track.ts";

/** Copies of a message come within seconds: so many messages are remembered for each channel. */
const rememberedMessages = 4096;

/** A channel whose peer reads so slowly that more than this waits misses messages; its subscriber reports them. */
const maxWaitingBytes = 1024 * 1024;

/**
 * The messages in a video for peers that cannot take the video: over a data channel of theirs, each once, in the form of
 * `dataChannelFeed`. Heartbeats and what is retained go too, so that they know what was lost and what holds.
 */
export class ChannelRelay {
  readonly #track: ForwardedTrack;
  readonly #channels = new Map<RTCDataChannel, BoundedMap<string, true>>();
  #stop: (() => void) | undefined;

  constructor(track: ForwardedTrack) {
    this.#track = track;
  }

  /** Sends a channel all messages from now on, until it closes. */
  add(channel: RTCDataChannel): void {
    this.#channels.set(channel, new BoundedMap(rememberedMessages));
    channel.stateChanged.subscribe((state) => {
      if (state === "closed") this.#remove(channel);
    });
    this.#stop ??= this.#read();
  }

  close(): void {
    this.#channels.clear();
    this.#stop?.();
    this.#stop = undefined;
  }

  #remove(channel: RTCDataChannel): void {
    this.#channels.delete(channel);
    if (this.#channels.size === 0) this.close();
  }

  #read(): () => void {
    const sink: SeiSink = {
      userData: (message) => this.#send(message),
      accessUnits() {},
      broken() {},
      failed() {},
      stalled() {},
      ended() {},
    };
    return this.#track.readMessages(sink);
  }

  #send(message: UserData): void {
    const key = userDataKey(message);
    let bytes: Buffer | undefined;
    for (const [channel, sent] of this.#channels) {
      if (sent.has(key) || channel.readyState !== "open" || channel.bufferedAmount > maxWaitingBytes) continue;
      sent.set(key, true);
      bytes ??= Buffer.concat([message.uuid, message.payload]);
      try {
        channel.send(bytes);
      } catch {
        // A channel that breaks while it is written to must not hold up the video; its end is told.
      }
    }
  }
}
