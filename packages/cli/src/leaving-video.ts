import { setTimeout as sleep } from "node:timers/promises";
import type { AccessUnit, AudioPacket, MediaPacket } from "@inband/h264";
import type { H264Encoder } from "@inband/h264/encoder";
import type { PublishedVideo } from "./published-video.ts";
import type { VideoInput, VideoOutput } from "./video-input.ts";

const lastAccessUnits = 3;
/** A live video that gives no picture for so long has none to carry a goodbye. */
const lastWithinMs = 1_000;
const pictureMs = 40;

/**
 * A video that outlives its publisher by a few access units: they carry its last heartbeat, which tells subscribers that
 * it has not merely gone silent. One that ends by itself is late by those.
 */
export class LeavingVideo implements VideoOutput {
  /** Resolves with the first access unit, or when `ending` aborts: what is published before may expire for want of one. */
  readonly begun: Promise<void>;
  readonly #to: Pick<PublishedVideo, "video" | "audio">;
  readonly #heldBack: number;
  /** Sound waits behind the pictures that it came after. */
  readonly #held: MediaPacket[] = [];
  #heldAccessUnits = 0;
  #written: () => void = () => undefined;

  constructor(to: Pick<PublishedVideo, "video" | "audio">, { isEndless }: VideoInput, ending: AbortSignal) {
    this.#to = to;
    this.#heldBack = isEndless ? 0 : lastAccessUnits;
    this.begun = new Promise((resolve) => {
      this.#written = resolve;
      ending.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  connectEncoder(encoder: H264Encoder): void {
    this.#to.video.connectEncoder(encoder);
  }

  write(accessUnit: AccessUnit): void {
    this.#held.push(accessUnit);
    this.#heldAccessUnits += 1;
    if (this.#heldAccessUnits <= this.#heldBack) return;
    this.#release();
    this.#written();
  }

  writeSound(packet: AudioPacket): void {
    this.#held.push(packet);
    if (this.#heldAccessUnits === 0) this.#releaseSound();
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
    while (this.#heldAccessUnits > 0) {
      this.#release();
      await sleep(pictureMs);
    }
  }

  /** Writes the next access unit, and the sound behind it. */
  #release(): void {
    this.#heldAccessUnits -= 1;
    this.#to.video.write(this.#held.shift() as AccessUnit);
    this.#releaseSound();
  }

  #releaseSound(): void {
    for (let packet = this.#held[0]; packet?.kind === "audio"; packet = this.#held[0]) {
      this.#held.shift();
      this.#to.audio?.write(packet);
    }
  }
}
