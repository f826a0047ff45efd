import { findSeiAnnexB, readUserDataAnnexB } from "@inband/h264";
import type { UserData, UserDataPlace } from "@inband/stream";
import type { FeedMessage, ReaderMessage } from "../feed-protocol.ts";
import { isH264 } from "../is-h264.ts";
import type { FrameHandler, Post } from "./frame-server.ts";

/** Frames without user data are only counted; the page hears of them this often, to tell video from none. */
const batchMs = 500;

interface CopiedSei {
  readonly nals: readonly Uint8Array[];
  readonly place: UserDataPlace;
}

/**
 * Reads the user data of one receiver's frames, in the worker. Every frame is passed on at once and unchanged: its SEI NAL
 * units are copied before it is enqueued, and parsed after that.
 */
export function frameReader(post: Post<ReaderMessage>): FrameHandler<FeedMessage> {
  let isOpen = false;
  let accessUnits = 0;
  /** A first frame is told at once: it shows that the transform was set in time. */
  let nextBatchMs = 0;
  let hasH264 = true;
  let hasFailed = false;

  /** The frame's bytes and metadata are gone once it is enqueued. */
  function copySei(frame: RTCEncodedVideoFrame): CopiedSei {
    const isKeyFrame = frame.type === "key";
    // A codec changes at a key frame at the earliest.
    if (isKeyFrame) {
      const hadH264 = hasH264;
      const metadata = frame.getMetadata();
      hasH264 = isH264(metadata);
      if (hadH264 && !hasH264) post({ kind: "failed", code: "no-h264", reason: `${metadata.mimeType}` });
    }
    const nals = hasH264 ? findSeiAnnexB(new Uint8Array(frame.data)) : [];
    if (nals.length === 0) return { nals, place: { stream: "" } };
    const { synchronizationSource, rtpTimestamp = frame.timestamp } = frame.getMetadata();
    const place = { stream: String(synchronizationSource ?? ""), rtpTimestamp, isKeyFrame };
    return { nals: nals.map((nal) => new Uint8Array(nal)), place };
  }

  function report({ nals, place }: CopiedSei): void {
    const found: UserData[] = [];
    let broken = 0;
    for (const nal of nals) {
      broken += readUserDataAnnexB(nal, (uuid, payload) => {
        found.push({ uuid: new Uint8Array(uuid), payload: new Uint8Array(payload) });
      });
    }
    accessUnits++;
    const nowMs = performance.now();
    if (found.length + broken === 0 && nowMs < nextBatchMs) return;
    post({ kind: "batch", accessUnits, found, broken, place });
    accessUnits = 0;
    nextBatchMs = nowMs + batchMs;
  }

  /** Reported once: what fails for one frame fails for all. */
  function failed(error: unknown): void {
    if (!hasFailed) post({ kind: "failed", code: "broken", reason: String(error) });
    hasFailed = true;
  }

  return {
    message({ kind }) {
      isOpen = kind === "open";
      nextBatchMs = 0;
      accessUnits = 0;
    },
    pass(frame, controller) {
      let sei: CopiedSei | undefined;
      try {
        if (isOpen) sei = copySei(frame);
      } catch (error) {
        failed(error);
      }
      controller.enqueue(frame);
      try {
        if (sei) report(sei);
      } catch (error) {
        failed(error);
      }
    },
  };
}
