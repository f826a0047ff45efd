import { LocalStageStream } from "./ivs-sdk.ts";

/** A payload that the Amazon IVS SDK took, and when. */
export interface TakenPayload {
  readonly text: string;
  readonly copies: number;
  readonly atMs: number;
}

/** How a stream is made. */
export interface PublishedStreamOptions {
  /** @defaultValue true */
  readonly isPublished?: boolean;
  /** @defaultValue 1 */
  readonly layers?: number;
}

/**
 * A real `LocalStageStream` of the Amazon IVS SDK in a page, with its own checks and limits. The statistics of a stage that
 * publishes it are made up: so many frames a second, by the clock of the test.
 */
export class PublishedStream {
  readonly stream: InstanceType<typeof LocalStageStream>;
  readonly taken: TakenPayload[] = [];
  readonly track: MediaStreamTrack;
  mimeType = "video/H264";
  keyFrames = 1;
  /** What reading the statistics rejects with, once set. */
  fault: Error | undefined;
  readonly #layers: number;
  #ssrc = 100;
  #fps = 25;
  #frames = 1000;
  #sinceMs = performance.now();

  constructor({ isPublished = true, layers = 1 }: PublishedStreamOptions = {}) {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d");
    const [track] = canvas.captureStream(25).getVideoTracks() as [MediaStreamTrack];
    this.track = track;
    this.#layers = layers;
    this.stream = new LocalStageStream(track, { inBandMessaging: { enabled: true } });
    if (isPublished) this.publish();
  }

  /** As a stage does that publishes the stream. */
  publish(): void {
    this.#ssrc += 10;
    const take = (_stream: unknown, payload: ArrayBuffer, { repeatCount = 0 }: { repeatCount?: number } = {}): void => {
      this.taken.push({ text: new TextDecoder().decode(payload), copies: repeatCount + 1, atMs: performance.now() });
    };
    this.stream.on("localStreamInsertSeiMsgRequest" as never, take as never);
    this.stream.setGetStats((async () => {
      if (this.fault !== undefined) throw this.fault;
      return { rawReport: this.#report() };
    }) as never);
  }

  /** As a stage does that ceases to publish it: it drops every listener. */
  unpublish(): void {
    this.stream.cleanup();
  }

  /** Frames a second from now on. */
  set framesPerSecond(framesPerSecond: number) {
    this.#frames = this.#now();
    this.#sinceMs = performance.now();
    this.#fps = framesPerSecond;
  }

  get texts(): string[] {
    return this.taken.map(({ text }) => text);
  }

  #now(): number {
    return this.#frames + Math.floor(((performance.now() - this.#sinceMs) * this.#fps) / 1000);
  }

  #report(): Map<string, object> {
    const framesSent = this.#now();
    const report = new Map<string, object>([["codec", { id: "codec", type: "codec", mimeType: this.mimeType }]]);
    for (let layer = 0; layer < this.#layers; layer += 1) {
      const ssrc = this.#ssrc + layer;
      const counts = { framesSent: layer === 0 ? framesSent : 0, keyFramesEncoded: this.keyFrames };
      report.set(`${ssrc}`, { id: `${ssrc}`, type: "outbound-rtp", kind: "video", codecId: "codec", ssrc, ...counts });
    }
    return report;
  }
}
