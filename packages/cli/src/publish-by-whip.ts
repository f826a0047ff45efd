import { connectWhip } from "@inband/stage/client";
import { peerConfig, WeriftVideo } from "@inband/werift";
import { RTCPeerConnection } from "werift";
import { CommandError } from "./command-error.ts";
import { reach } from "./reach.ts";

/** Video that a stage has taken. Disposing of it leaves the stage. */
export interface PublishedVideo extends AsyncDisposable {
  readonly video: WeriftVideo;
  /** Aborts when the connection is lost; the reason is the error. */
  readonly lost: AbortSignal;
}

/**
 * Joins a stage as a publisher, over WebRTC.
 *
 * @throws NoH264Error, ConnectError, an error of the stage client, or the signal's reason.
 */
export async function publishByWhip({
  url,
  token,
  signal,
}: {
  url: string;
  token: string | undefined;
  signal: AbortSignal;
}): Promise<PublishedVideo> {
  signal.throwIfAborted();
  const pc = new RTCPeerConnection(peerConfig({ loopback: true }));
  const video = new WeriftVideo();
  const lost = new AbortController();
  const connected = video.connect(pc, { signal });
  // Where joining fails, its error says more.
  connected.catch(() => undefined);
  try {
    const session = await reach(url, connectWhip(pc, { url, ...(token === undefined ? {} : { token }), signal }));
    const close = async () => {
      video.close();
      await session.close();
      await pc.close();
    };
    try {
      await connected;
    } catch (error) {
      await close();
      throw error;
    }
    pc.connectionStateChange.subscribe((state) => {
      if (state === "failed" || state === "closed") lost.abort(lostConnection());
    });
    return { video, lost: lost.signal, [Symbol.asyncDispose]: close };
  } catch (error) {
    video.close();
    await pc.close();
    throw error;
  }
}

/** What a command says when its stage is gone. */
export function lostConnection(cause?: Error): CommandError {
  return new CommandError("The connection to the stage was lost.", { cause });
}
