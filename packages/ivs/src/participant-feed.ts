import { asError, type SeiFeed, type SeiSink, WakeTimer } from "@inband/stream";
import { receivedFrames } from "./received-frames.ts";
import type { IvsRemoteStream, IvsSeiMessage } from "./stage.ts";

/** A subscriber waits 2 s before it calls a feed silent. */
const countEveryMs = 500;

/** What the SDK hands out of one participant. */
export class ParticipantFeed implements SeiFeed {
  /** The id of the participant. */
  readonly name: string;
  readonly #timer = new WakeTimer(() => void this.#count());
  #sink: SeiSink | undefined;
  #video: IvsRemoteStream | undefined;
  #frames = 0;

  constructor(participantId: string) {
    this.name = participantId;
  }

  open(sink: SeiSink): Disposable {
    this.#sink = sink;
    return {
      [Symbol.dispose]: () => {
        this.#sink = undefined;
        this.#timer.stop();
      },
    };
  }

  message({ uuid, payload }: IvsSeiMessage): void {
    this.#sink?.userData({ uuid: viewOf(uuid), payload: viewOf(payload) }, { stream: this.name });
  }

  /** Its video has begun to arrive: the frames are counted by the statistics, since the SDK tells of none without a message. */
  videoAdded(video: IvsRemoteStream): void {
    this.#video = video;
    this.#frames = 0;
    this.#timer.after(countEveryMs);
  }

  videoRemoved(): void {
    this.#video = undefined;
    this.#timer.stop();
    this.#sink?.ended("connection-closed");
  }

  async #count(): Promise<void> {
    const video = this.#video;
    try {
      const frames = receivedFrames(await video?.requestRTCStats());
      if (video !== this.#video) return;
      const count = frames - this.#frames;
      this.#frames = frames;
      if (count > 0) this.#sink?.accessUnits(count);
    } catch (error) {
      if (video === this.#video) this.#sink?.failed(asError(error));
    }
    if (video === this.#video && video !== undefined && this.#sink !== undefined) this.#timer.after(countEveryMs);
  }
}

function viewOf(bytes: ArrayBuffer | Uint8Array): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
}
