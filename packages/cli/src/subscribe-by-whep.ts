import { connectWhep } from "@inband/stage/client";
import type { SeiSubscriber } from "@inband/subscriber";
import { peerConfig, weriftFeed } from "@inband/werift";
import { RTCPeerConnection } from "werift";
import { CommandError } from "./command-error.ts";
import { lostConnection } from "./publish-by-whip.ts";
import { reach } from "./reach.ts";

const answerWithinMs = 3000;

/** A stage that sends its messages to a subscriber. Disposing of it leaves the stage. */
export interface ReceivedVideo extends AsyncDisposable {
  /** Aborts when the connection is lost; the reason is the error. */
  readonly lost: AbortSignal;
  /**
   * Takes leave of the stage, and so learns whether it is there: the silence of a video does not say why it is silent.
   * A subscription that the stage knows no more (404, 410) ended with what it subscribed to.
   *
   * @throws CommandError when the stage does not answer, or answers that it is not the one that was joined.
   */
  leave(): Promise<void>;
}

/**
 * Joins a stage as a subscriber, over WebRTC, and feeds the messages of its video to `subscriber`.
 *
 * @throws an error of the stage client, or the signal's reason.
 */
export async function subscribeByWhep<T>({
  url,
  token,
  subscriber,
  signal,
}: {
  url: string;
  token: string | undefined;
  subscriber: SeiSubscriber<T>;
  signal: AbortSignal;
}): Promise<ReceivedVideo> {
  signal.throwIfAborted();
  const pc = new RTCPeerConnection(peerConfig({ loopback: true }));
  const lost = new AbortController();
  try {
    const transceiver = pc.addTransceiver("video", { direction: "recvonly" });
    const attachment = subscriber.attach(weriftFeed(transceiver));
    const session = await reach(url, connectWhep(pc, { url, ...(token === undefined ? {} : { token }), signal }));
    pc.connectionStateChange.subscribe((state) => {
      if (state === "failed" || state === "closed") lost.abort(lostConnection());
    });
    return {
      lost: lost.signal,
      leave: () => leave(session.location, token),
      [Symbol.asyncDispose]: async () => {
        attachment[Symbol.dispose]();
        await session.close();
        await pc.close();
      },
    };
  } catch (error) {
    await pc.close();
    throw error;
  }
}

async function leave(location: string | undefined, token: string | undefined): Promise<void> {
  if (location === undefined) return;
  const { host } = new URL(location);
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(answerWithinMs);
  const { status } = await fetch(location, { method: "DELETE", headers, redirect: "manual", signal }).catch((cause) => {
    throw new CommandError(`The stage is gone: ${host} does not answer.`, { cause });
  });
  if (status < 400 || status === 404 || status === 410) return;
  throw new CommandError(`The stage is gone: ${host} answers ${status}.`);
}
