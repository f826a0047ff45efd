import { receiveMessages } from "@inband/stage/client";
import type { SeiSubscriber } from "@inband/subscriber";
import { CommandError } from "./command-error.ts";
import { PublisherGone, receiveUntilOver, VideoOver } from "./kept-stage.ts";
import { lostConnection } from "./publish-by-whip.ts";
import { type VideoEnd, VideoWatch } from "./video-watch.ts";

const answerWithinMs = 3000;

/** The feed, and the group, that the messages of the video are told under. */
const feedName = "werift";

/** How the messages of a video are received. */
export interface ReceiveByWhepOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly subscriber: SeiSubscriber<unknown>;
  /** Whether a connection that is lost, or a video whose publisher has vanished, is received again when it is back. */
  readonly reconnects: boolean;
  readonly signal: AbortSignal;
}

/**
 * Joins a stage as a subscriber, over WebRTC, and has `subscriber` read the messages of its video, until that has ended or
 * `signal` aborts.
 *
 * @throws CommandError where the video ended and its publisher had not said goodbye, an error of the stage client, or the
 * signal's reason.
 */
export async function receiveByWhep(options: ReceiveByWhepOptions): Promise<void> {
  const { url, token, subscriber, reconnects, signal } = options;
  signal.throwIfAborted();
  const watch = new VideoWatch(subscriber);
  const connect = async (ending: AbortSignal) => {
    const over = new AbortController();
    const end = watch.end(over.signal);
    end.catch(() => undefined);
    try {
      const target = { url, signal: ending, ...(token === undefined ? {} : { token }) };
      const { lost, location, close } = await receiveMessages(subscriber, feedName, target);
      const either = Promise.race([lost, end]).catch((error: Error) => error);
      return {
        lost: either.then((why) => judge(why, watch, location, token)),
        close: async () => {
          over.abort();
          await close();
        },
      };
    } catch (error) {
      over.abort();
      throw error;
    }
  };
  await receiveUntilOver(url, { reconnects, signal, connect });
}

/**
 * Why a video ended, of which the connection or the video itself has told. Leaves the stage, and so learns whether
 * it is there: the silence of a video does not say why it is silent.
 */
async function judge(
  why: VideoEnd | Error,
  watch: VideoWatch,
  location: string | undefined,
  token: string | undefined,
): Promise<Error> {
  if (why instanceof CommandError) return why;
  if (watch.hasSaidGoodbye) return new VideoOver();
  const standing = await leave(location, token).catch((error: CommandError) => error);
  if (standing instanceof CommandError) return standing;
  if (watch.hasHeard)
    return new PublisherGone("The video has stopped: its publisher disappeared without saying goodbye.");
  // A stage that ends a subscription closes its connection: this one does not know it, so it is another one.
  const isUnknown = standing === "unknown" && why === "stalled";
  return isUnknown || (why instanceof Error && isOutOfReach(why)) ? lostConnection() : new VideoOver();
}

function isOutOfReach(error: Error): boolean {
  return (error as { code?: unknown }).code !== "closed";
}

/** @throws CommandError when the stage does not answer, or answers that it is not the one that was joined. */
async function leave(location: string | undefined, token: string | undefined): Promise<"known" | "unknown"> {
  if (location === undefined) return "known";
  const { host } = new URL(location);
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(answerWithinMs);
  const { status } = await fetch(location, { method: "DELETE", headers, redirect: "manual", signal }).catch((cause) => {
    throw new CommandError(`The stage is gone: ${host} does not answer.`, { cause });
  });
  if (status === 404 || status === 410) return "unknown";
  if (status < 400) return "known";
  throw new CommandError(`The stage is gone: ${host} answers ${status}.`);
}
