import { type SeiSink, type UserData, type UserDataPlace, WakeTimer } from "@inband/stream";

/**
 * The packets of a picture come one close behind the other. What reads its messages or answers for them waits so long, in
 * milliseconds, until they have gone on: between two of them it would hold up the picture.
 */
export const behindPictureMs = 5;

/** A sink behind pictures, and what hands on all that waits, at once: no more packets come. */
export interface BehindPicture {
  readonly sink: SeiSink;
  flush(): void;
}

/** Hands a sink the messages of a picture when its packets have gone on. */
export function behindPicture(sink: SeiSink): BehindPicture {
  const waiting: [UserData, UserDataPlace][] = [];
  const flush = (): void => {
    for (const [message, place] of waiting.splice(0)) sink.userData(message, place);
  };
  const timer = new WakeTimer(flush);
  const behind: SeiSink = {
    userData(message, place) {
      waiting.push([message, place]);
      timer.after(behindPictureMs);
    },
    accessUnits: (count, first) => sink.accessUnits(count, first),
    broken: (count, stream) => sink.broken(count, stream),
    failed: (error) => sink.failed(error),
    stalled: (reason) => sink.stalled(reason),
    ended: (reason) => sink.ended(reason),
  };
  return { sink: behind, flush };
}
