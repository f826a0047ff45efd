import { testPicture } from "@inband/media/frames";
import { SeiPublisher } from "@inband/publisher";
import { publishByWhip } from "../publish-by-whip.ts";
import { openPictures } from "../video-input.ts";

/** Small enough for any phone, and for the machine that encodes one for each. */
const size = { width: 640, height: 360, framerate: 30 };
/** A machine that hardly gets to encoding delivers late, and is not to be told that it loses. */
const patienceMs = 30_000;
/** A message rides on every third picture. */
const everyPictures = 3;

/** A video from Node, in which the numbers of its pictures can be read. */
export interface SpeakingVideo extends AsyncDisposable {
  /** Publishes one message for each payload: `{ n, picture, data }`, on the picture that it names. */
  speak(payloads: readonly Uint8Array[]): void;
}

/** Publishes the test picture to a stage. */
export async function publishSpeakingVideo(url: string, token: string): Promise<SpeakingVideo> {
  const ending = new AbortController();
  const { signal } = ending;
  const input = await openPictures("test picture", size, (ended) =>
    testPicture({ ...size, realtime: true, signal: ended }),
  );
  const published = await publishByWhip({ url, token, reconnects: false, signal }).catch(async (error) => {
    await input[Symbol.asyncDispose]();
    throw error;
  });
  const { video } = published;
  const publisher = new SeiPublisher({ expiresAfterMs: patienceMs });
  // What is not sent shows in the row of the page.
  publisher.on("error", () => {});
  publisher.attach(video);
  let waiting: readonly Uint8Array[] = [];
  let next = 0;
  const playing = input.play(
    {
      write(accessUnit) {
        const picture = Math.round(((accessUnit.timestamp ?? 0) * size.framerate) / 1_000_000);
        const data = waiting[next];
        if (data && picture % everyPictures === 0) {
          publisher.publish({ n: next, picture, data }, { timestamp: accessUnit.timestamp ?? 0 });
          next += 1;
        }
        video.write(accessUnit);
      },
      connectEncoder: (encoder) => video.connectEncoder(encoder),
    },
    signal,
  );
  playing.catch(() => {});
  return {
    speak(payloads) {
      waiting = payloads;
      next = 0;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await playing.catch(() => {});
      publisher.close();
      await published[Symbol.asyncDispose]();
      await input[Symbol.asyncDispose]();
    },
  };
}
