import { publishVideo } from "@inband/stage/client";
import { NoH264Error, WeriftVideo } from "@inband/werift";
import { CommandError } from "./command-error.ts";
import { type KeptStage, keepStage } from "./kept-stage.ts";
import { reach } from "./reach.ts";

/** Video that a stage has taken. Disposing of it leaves the stage. */
export interface PublishedVideo extends KeptStage {
  readonly video: WeriftVideo;
}

/** How a video is published. */
export interface PublishByWhipOptions {
  readonly url: string;
  readonly token: string | undefined;
  /** Whether a connection that is lost is made again. */
  readonly reconnects: boolean;
  readonly signal: AbortSignal;
}

/**
 * Joins a stage as a publisher, over WebRTC.
 *
 * @throws NoH264Error, ConnectError, an error of the stage client, or the signal's reason.
 */
export async function publishByWhip(options: PublishByWhipOptions): Promise<PublishedVideo> {
  const { url, token, reconnects, signal } = options;
  signal.throwIfAborted();
  const video = new WeriftVideo();
  const connect = async (ending: AbortSignal) => {
    const target = { url, signal: ending, ...(token === undefined ? {} : { token }) };
    const { lost, close } = await publishVideo(video, target);
    return { lost: lost.then(lostConnection), close };
  };
  try {
    const isFinal = (error: Error): boolean => error instanceof NoH264Error;
    const kept = await reach(url, keepStage({ reconnects, signal, connect, isFinal }));
    return {
      video,
      lost: kept.lost,
      [Symbol.asyncDispose]: async () => {
        video.close();
        await kept[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    video.close();
    throw error;
  }
}

/** What a command says when its stage is gone. */
export function lostConnection(cause?: Error): CommandError {
  return new CommandError("The connection to the stage was lost.", { cause });
}
