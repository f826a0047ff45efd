import { setTimeout as sleep } from "node:timers/promises";
import type { AccessUnit } from "@inband/h264";
import type { H264Encoder } from "@inband/h264/encoder";
import type { WeriftVideo } from "@inband/werift";
import type { VideoInput, VideoOutput } from "./video-input.ts";

const lastAccessUnits = 3;
/** A live video that gives no picture for so long has none to take leave with. */
const lastWithinMs = 1_000;
const pictureMs = 40;

/**
 * A video that outlives its publisher by a few access units: they carry its last heartbeat, which tells subscribers that
 * it has not merely gone silent. One that ends by itself is late by those.
 */
export class LeavingVideo implements VideoOutput {
  /** Resolves with the first access unit, or when `ending` aborts: what is published before may expire for want of one. */
  readonly begun: Promise<void>;
  readonly #video: WeriftVideo;
  readonly #heldBack: number;
  readonly #held: AccessUnit[] = [];
  #written: () => void = () => undefined;

  constructor(video: WeriftVideo, { isEndless }: VideoInput, ending: AbortSignal) {
    this.#video = video;
    this.#heldBack = isEndless ? 0 : lastAccessUnits;
    this.begun = new Promise((resolve) => {
      this.#written = resolve;
      ending.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  connectEncoder(encoder: H264Encoder): void {
    this.#video.connectEncoder(encoder);
  }

  write(accessUnit: AccessUnit): void {
    this.#held.push(accessUnit);
    if (this.#held.length <= this.#heldBack) return;
    this.#video.write(this.#held.shift() as AccessUnit);
    this.#written();
  }

  /** Resolves when the last access units have left, to be called once the publisher is closed. */
  async leave(): Promise<void> {
    if (this.#heldBack === 0) {
      let left = lastAccessUnits;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lastWithinMs);
        this.#written = () => {
          left -= 1;
          if (left > 0) return;
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const accessUnit of this.#held.splice(0)) {
      this.#video.write(accessUnit);
      await sleep(pictureMs);
    }
  }
}
