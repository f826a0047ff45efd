import { findSeiAnnexB, readUserDataAnnexB } from "@inband/h264";
import type { UserData, UserDataPlace } from "../feed.ts";
import type { WorkerMessage } from "./protocol.ts";

/** Frames without user data are only counted. The page gets their number this often, to tell that video is flowing. */
const BATCH_MS = 500;

/**
 * Reads the user data of the frames of one receiver, in the worker. Every frame is passed on at once and unchanged: its SEI
 * NAL units are copied before it is enqueued, and parsed after. Nothing here throws or waits: a transform that does either
 * freezes the video.
 */
export class FrameReader {
  readonly #feed: number;
  readonly #post: (message: WorkerMessage) => void;
  #isOpen = false;
  #accessUnits = 0;
  /** The first frame is reported at once: it shows that the transform was set in time. */
  #nextBatchMs = 0;
  #isH264 = true;
  #hasFailed = false;
  #passedFrames = 0;

  constructor(feed: number, post: (message: WorkerMessage) => void) {
    this.#feed = feed;
    this.#post = post;
  }

  get passedFrames(): number {
    return this.#passedFrames;
  }

  open(): void {
    this.#isOpen = true;
    this.#nextBatchMs = 0;
  }

  close(): void {
    this.#isOpen = false;
    this.#accessUnits = 0;
  }

  /** Pipes the frames through, for as long as the receiver lives. */
  connect(readable: ReadableStream, writable: WritableStream): void {
    const transform = new TransformStream<RTCEncodedVideoFrame, RTCEncodedVideoFrame>({
      transform: (frame, controller) => this.#pass(frame, controller),
    });
    // Rejects if the connection closes while a frame is in flight.
    readable
      .pipeThrough(transform)
      .pipeTo(writable)
      .catch(() => undefined);
  }

  #pass(frame: RTCEncodedVideoFrame, controller: TransformStreamDefaultController<RTCEncodedVideoFrame>): void {
    this.#passedFrames++;
    const sei = this.#isOpen ? this.#copySei(frame) : undefined;
    controller.enqueue(frame);
    if (sei) this.#report(sei);
  }

  /** The bytes and metadata of a frame are gone once it is enqueued. */
  #copySei(frame: RTCEncodedVideoFrame): CopiedSei | undefined {
    try {
      const isKeyFrame = frame.type === "key";
      if (isKeyFrame) this.#checkCodec(frame);
      const nals = this.#isH264 ? findSeiAnnexB(new Uint8Array(frame.data)) : [];
      if (nals.length === 0) return { nals, place: { stream: "" } };
      const { synchronizationSource, rtpTimestamp = frame.timestamp } = frame.getMetadata();
      const place = { stream: String(synchronizationSource ?? ""), rtpTimestamp, isKeyFrame };
      return { nals: nals.map((nal) => new Uint8Array(nal)), place };
    } catch (error) {
      this.#fail("broken", String(error));
      return undefined;
    }
  }

  #report({ nals, place }: CopiedSei): void {
    try {
      const found: UserData[] = [];
      let broken = 0;
      for (const nal of nals) {
        broken += readUserDataAnnexB(nal, (uuid, payload) => {
          found.push({ uuid: new Uint8Array(uuid), payload: new Uint8Array(payload) });
        });
      }
      this.#accessUnits++;
      const nowMs = performance.now();
      if (found.length + broken === 0 && nowMs < this.#nextBatchMs) return;
      this.#post({ kind: "feed-batch", feed: this.#feed, accessUnits: this.#accessUnits, found, broken, place });
      this.#accessUnits = 0;
      this.#nextBatchMs = nowMs + BATCH_MS;
    } catch (error) {
      this.#fail("broken", String(error));
    }
  }

  /** A codec changes at a key frame at the earliest. Without a mimeType the frame is taken for H.264. */
  #checkCodec(frame: RTCEncodedVideoFrame): void {
    const { mimeType } = frame.getMetadata();
    const isH264 = mimeType === undefined || mimeType.toLowerCase() === "video/h264";
    if (this.#isH264 && !isH264) this.#fail("no-h264", mimeType);
    this.#isH264 = isH264;
  }

  #fail(code: "no-h264" | "broken", reason: string): void {
    if (code === "broken") {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
    }
    this.#post({ kind: "feed-failed", feed: this.#feed, code, reason });
  }
}

interface CopiedSei {
  readonly nals: readonly Uint8Array[];
  readonly place: UserDataPlace;
}
