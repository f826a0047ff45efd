import { insertSeiAnnexB } from "@inband/h264";
import type { CarrierPublishers, CarrierStream } from "@inband/stream";
import { isH264 } from "./is-h264.ts";

/** What was put into a frame. Say exactly once what became of the frame. */
export interface Insertion {
  /** Why nothing was inserted, where something failed. The frame is whole all the same. */
  readonly error?: unknown;
  /** The frame was enqueued. */
  commit(): void;
  /** The frame did not leave: what was in it waits for the next one. */
  rollback(): void;
}

const nothing: Insertion = { commit() {}, rollback() {} };

/**
 * Puts what waits into a frame of a sender, before its first VCL NAL unit, for an application that has a transform of
 * its own (a sender can have only one):
 *
 * ```ts
 * const publishers = new CarrierPublishers(defaultCarrierLimits); // a carrier's `open` calls `publishers.open`
 * const insertion = insertInto(frame, publishers);
 * controller.enqueue(frame);
 * insertion.commit();
 * ```
 *
 * Runs where the frames are, in the application's worker. Each simulcast layer (SSRC) is a stream of its own and gets all
 * messages. Never throws; frames of other codecs are left alone.
 */
export function insertInto(frame: RTCEncodedVideoFrame, publishers: CarrierPublishers): Insertion {
  let stream: CarrierStream | undefined;
  try {
    const metadata = frame.getMetadata();
    if (frame.data.byteLength === 0 || !isH264(metadata)) return nothing;
    const { timestamp } = metadata;
    const taking = publishers.stream(String(metadata.synchronizationSource ?? ""));
    stream = taking;
    const nals = taking.take({
      rtpTimestamp: metadata.rtpTimestamp ?? frame.timestamp,
      isKeyFrame: frame.type === "key",
      ...(timestamp === undefined ? {} : { timestamp }),
    });
    if (nals.length === 0) return nothing;
    const bytes = new Uint8Array(frame.data);
    const inserted = insertSeiAnnexB(bytes, nals);
    if (inserted === bytes) {
      taking.rollback();
      return nothing;
    }
    frame.data = inserted.buffer as ArrayBuffer;
    return { commit: () => taking.commit(), rollback: () => taking.rollback() };
  } catch (error) {
    stream?.rollback();
    return { ...nothing, error };
  }
}
