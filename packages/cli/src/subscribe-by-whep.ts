import { peerConfig } from "@inband/publisher/werift";
import { connectWhep } from "@inband/stage/client";
import type { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/subscriber/werift";
import { RTCPeerConnection } from "werift";
import { reach } from "./reach.ts";

/** A stage that sends its messages to a subscriber. Disposing of it leaves the stage. */
export interface ReceivedVideo extends AsyncDisposable {
  /** Aborts when the connection is lost; the reason is the error. */
  readonly lost: AbortSignal;
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
    const attachment = subscriber.attach(weriftFeed(pc.addTransceiver("video", { direction: "recvonly" })));
    const session = await reach(url, connectWhep(pc, { url, ...(token === undefined ? {} : { token }), signal }));
    pc.connectionStateChange.subscribe((state) => {
      if (state === "failed" || state === "closed") lost.abort(new Error("The connection to the stage was lost."));
    });
    return {
      lost: lost.signal,
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
