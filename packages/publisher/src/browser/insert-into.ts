import { insertSeiAnnexB } from "@inband/h264";
import type { Outbox } from "../outbox.ts";
import type { Outboxes } from "../outboxes.ts";

/** What was put into a frame. Say exactly once what became of the frame. */
export interface Insertion {
  /** Why something that waits was not inserted. The frame is whole all the same. */
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
 * const insertion = insertInto(frame, [outboxes]);
 * controller.enqueue(frame);
 * insertion.commit();
 * ```
 *
 * Runs where the frames are, in the application's worker. Each simulcast layer (SSRC) has an outbox of its own and gets
 * all messages. Never throws; frames of other codecs are left alone.
 */
export function insertInto(frame: RTCEncodedVideoFrame, outboxes: Iterable<Outboxes>): Insertion {
  const taken: Outbox[] = [];
  const nals: Uint8Array[] = [];
  let error: unknown;
  try {
    const metadata = frame.getMetadata();
    if (frame.data.byteLength === 0 || !isH264(metadata)) return nothing;
    const stream = String(metadata.synchronizationSource ?? "");
    const { timestamp } = metadata;
    const outgoing = {
      rtpTimestamp: metadata.rtpTimestamp ?? frame.timestamp,
      isKeyFrame: frame.type === "key",
      ...(timestamp === undefined ? {} : { timestamp }),
    };
    for (const each of outboxes) {
      try {
        const outbox = each.stream(stream);
        const own = outbox.take(outgoing);
        if (own.length === 0) continue;
        taken.push(outbox);
        nals.push(...own);
      } catch (thrown) {
        // The messages of the others go all the same.
        error = thrown;
      }
    }
    if (nals.length > 0) {
      const bytes = new Uint8Array(frame.data);
      const inserted = insertSeiAnnexB(bytes, nals);
      if (inserted === bytes) rollback(taken);
      else frame.data = inserted.buffer as ArrayBuffer;
    }
  } catch (thrown) {
    rollback(taken);
    error = thrown;
  }
  if (taken.length === 0 && error === undefined) return nothing;
  return {
    error,
    commit() {
      for (const outbox of taken) outbox.commit();
    },
    rollback: () => rollback(taken),
  };
}

/** Empties the list, so that what comes after, commit or rollback, does nothing. */
function rollback(taken: Outbox[]): void {
  for (const outbox of taken.splice(0)) outbox.rollback();
}

/** Browsers that do not tell the codec are believed to send H.264. */
export function isH264({ mimeType }: RTCEncodedVideoFrameMetadata): boolean {
  return mimeType === undefined || mimeType.toLowerCase() === "video/h264";
}
