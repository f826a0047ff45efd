import type { SeiSubscriber } from "@inband/subscriber";
import { CommandError } from "./command-error.ts";

/** A stage waits 10 seconds for a publisher to connect. */
const firstVideoWithinMs = 15_000;
/** Beside the 2 s after which a subscriber says that a video stalls: it may go on, where nobody took leave. */
const stalledForMs = 3_000;

/** How a video has ended. */
export interface VideoEnd {
  /** Whether the publisher that was heard last went without the last heartbeat of one that is closed. */
  readonly isUnexpected: boolean;
}

/**
 * Resolves when the one video that a subscriber is attached to has ended, or when `signal` aborts. Call it before the
 * video may come.
 *
 * @throws CommandError when none has come at all.
 */
export async function videoEnd(subscriber: SeiSubscriber<unknown>, signal: AbortSignal): Promise<VideoEnd> {
  const left = new Set<number>();
  let heard: number | undefined;
  let stalled: NodeJS.Timeout | undefined;
  let first: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const end = () => resolve({ isUnexpected: heard !== undefined && !left.has(heard) });
      if (signal.aborted) end();
      signal.addEventListener("abort", end, { once: true });
      subscriber.on("message", ({ source }) => {
        heard = source ?? heard;
      });
      subscriber.on("ended", ({ source }) => {
        if (source === undefined) end();
        else left.add(source);
      });
      subscriber.on("stalled", () => {
        stalled ??= setTimeout(end, heard !== undefined && left.has(heard) ? 0 : stalledForMs);
      });
      subscriber.on("resumed", ({ source }) => {
        if (source !== undefined) return;
        clearTimeout(stalled);
        stalled = undefined;
      });
      first = setTimeout(() => {
        if (subscriber.stats().accessUnits > 0) return;
        const seconds = firstVideoWithinMs / 1000;
        reject(new CommandError(`The stage took the subscription, but no H.264 came within ${seconds} seconds.`));
      }, firstVideoWithinMs);
    });
  } finally {
    clearTimeout(first);
    clearTimeout(stalled);
  }
}
