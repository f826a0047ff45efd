import { publishVideo } from "@inband/stage/client";
import { ConnectError, NoH264Error, WeriftAudio, WeriftVideo } from "@inband/werift";
import { CommandError } from "./command-error.ts";
import { keepStage } from "./kept-stage.ts";
import type { PublishedVideo, PublishOptions } from "./published-video.ts";
import { reach } from "./reach.ts";

/**
 * Joins a stage as a publisher, over WebRTC.
 *
 * @throws NoH264Error, ConnectError, an error of the stage client, or the signal's reason.
 */
export async function publishByWhip(
  options: PublishOptions,
): Promise<PublishedVideo & { readonly video: WeriftVideo }> {
  const { url, token, hasSound = false, reconnects, signal } = options;
  signal.throwIfAborted();
  const video = new WeriftVideo();
  const audio = hasSound ? new WeriftAudio({ beside: video }) : undefined;
  const connect = async (ending: AbortSignal) => {
    const target = { url, signal: ending, ...(token === undefined ? {} : { token }) };
    const { lost, close } = await publishVideo({ video, ...(audio && { audio }) }, target);
    return { lost: lost.then(lostConnection), close };
  };
  try {
    const isFinal = (error: Error): boolean =>
      error instanceof NoH264Error || (error instanceof ConnectError && error.code === "declined");
    const kept = await reach(url, keepStage({ reconnects, signal, connect, isFinal }));
    return {
      video,
      audio,
      lost: kept.lost,
      [Symbol.asyncDispose]: async () => {
        video.close();
        audio?.close();
        await kept[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    video.close();
    audio?.close();
    throw error;
  }
}

/** What a command says when its stage is gone. */
export function lostConnection(cause?: Error): CommandError {
  return new CommandError("The connection to the stage was lost.", { cause });
}
