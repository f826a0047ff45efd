import { findSeiAnnexB, readUserDataAnnexB } from "@inband/h264";
import type { UserData, UserDataPlace } from "@inband/stream";
import type { FeedMessage, ReaderMessage } from "../feed-protocol.ts";
import { isH264 } from "../is-h264.ts";
import type { FrameHandler, Post } from "./frame-server.ts";

/** Frames without user data are only counted; the page hears of them this often, to tell video from none. */
const batchMs = 500;

/**
 * Reads the user data of one receiver's frames, in the worker. Every frame goes on at once and unchanged: its SEI NAL
 * units are copied before, and parsed after, it is enqueued.
 */
export class FrameReader implements FrameHandler<FeedMessage> {
  readonly #post: Post<ReaderMessage>;
  #isOpen = false;
  #accessUnits = 0;
  /** A first frame is told at once: it shows that the transform was set in time. */
  #nextBatchMs = 0;
  #isH264 = true;
  #hasFailed = false;

  constructor(post: Post<ReaderMessage>) {
    this.#post = post;
  }

  message({ kind }: FeedMessage): void {
    if (kind !== "open" && kind !== "close") return;
    this.#isOpen = kind === "open";
    this.#nextBatchMs = 0;
    this.#accessUnits = 0;
  }

  end(): void {
    this.#isOpen = false;
  }

  pass(frame: RTCEncodedVideoFrame, controller: TransformStreamDefaultController<RTCEncodedVideoFrame>): void {
    const sei = this.#isOpen ? this.#copySei(frame) : undefined;
    controller.enqueue(frame);
    if (sei) this.#report(sei);
  }

  /** The frame's bytes and metadata are gone once it is enqueued. */
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
      this.#post({ kind: "batch", accessUnits: this.#accessUnits, found, broken, place });
      this.#accessUnits = 0;
      this.#nextBatchMs = nowMs + batchMs;
    } catch (error) {
      this.#fail("broken", String(error));
    }
  }

  /** A codec changes at a key frame at the earliest. */
  #checkCodec(frame: RTCEncodedVideoFrame): void {
    const metadata = frame.getMetadata();
    const isRead = isH264(metadata);
    if (this.#isH264 && !isRead) this.#fail("no-h264", String(metadata.mimeType));
    this.#isH264 = isRead;
  }

  #fail(code: "no-h264" | "broken", reason: string): void {
    if (code === "broken") {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
    }
    this.#post({ kind: "failed", code, reason });
  }
}

interface CopiedSei {
  readonly nals: readonly Uint8Array[];
  readonly place: UserDataPlace;
}
