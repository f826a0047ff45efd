import { NoH264Error, preferH264 } from "@inband/browser";
import { connectWhep } from "@inband/browser/whip";
import type { Ended } from "@inband/subscriber";
import { clearVideoFigures, showVideoFigures } from "./figures.ts";
import { onRetry, showState } from "./status.ts";

const tickMs = 500;
/** Frames come 30 times a second: after this long without one the picture visibly stands. */
const stalledAfterMs = 1_500;
/** A stall that ICE has not explained by now is taken for a dead connection. */
const givenUpAfterMs = 5_000;
const firstFrameWithinMs = 10_000;
const backoffMs = { first: 500, longest: 4_000 };

const ends: Readonly<Partial<Record<Ended["reason"], string>>> = {
  "publisher-closed": "The publisher has left.",
  "connection-closed": "The connection was closed.",
};
/** Why the video of this connection ends, where the messages or the connection say so. */
let ended: string | undefined;

/** Notes why the source has ended, for what is said when the video stops. */
export function sayEnded(reason: Ended["reason"]): void {
  ended = ends[reason];
}

/**
 * Plays the demo's video and keeps it playing: joins, watches the frames come, and joins again, with growing pauses,
 * when they stop. `onVideo` is called with each new receiver.
 */
export function keepPlaying(video: HTMLVideoElement, onVideo: (receiver: RTCRtpReceiver) => void): void {
  let ending = new AbortController();
  let waiting: (() => void) | undefined;
  let pauseMs = backoffMs.first;

  onRetry(() => {
    pauseMs = backoffMs.first;
    waiting?.();
  });
  addEventListener("online", () => waiting?.());
  addEventListener("pagehide", () => ending.abort());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    ending = new AbortController();
    void run();
  });
  void run();

  async function run(): Promise<void> {
    const { signal } = ending;
    showState("connecting", "Connecting", "Joining the stage on this machine.");
    for (;;) {
      let text: string;
      try {
        await playOnce(signal);
        text = ended ?? "The video has stopped coming.";
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NoH264Error) {
          showState(
            "error",
            "No H.264 in this browser",
            "The messages ride inside H.264 video, and this browser cannot receive it over WebRTC. Open the page in Chrome, Edge, Safari, or a Firefox with the OpenH264 plugin.",
          );
          await pause(Number.POSITIVE_INFINITY);
          continue;
        }
        text =
          error instanceof TypeError
            ? "The server does not answer. Is the demo still running?"
            : (error as Error).message;
      }
      if (signal.aborted) return;
      await countDown(text, pauseMs * (0.85 + Math.random() * 0.3), signal);
      pauseMs = Math.min(pauseMs * 2, backoffMs.longest);
      if (signal.aborted) return;
    }
  }

  /** Joins and plays until the video has stopped for good. */
  async function playOnce(signal: AbortSignal): Promise<void> {
    const attempt = AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
    const answer = await fetch("/demo.json", { cache: "no-store", signal: attempt });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const { subscribeUrl, token } = (await answer.json()) as { subscribeUrl: string; token: string };
    const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
    try {
      const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
      onVideo(transceiver.receiver);
      preferH264(transceiver);
      video.srcObject = new MediaStream([transceiver.receiver.track]);
      void video.play().catch(() => undefined);
      const session = await connectWhep(connection, { url: subscribeUrl, token, signal: attempt });
      ended = undefined;
      const leave = () => session.close();
      signal.addEventListener("abort", leave);
      try {
        await watch(connection, signal);
      } finally {
        signal.removeEventListener("abort", leave);
        leave();
        clearVideoFigures();
      }
    } finally {
      connection.close();
    }
  }

  /** Says how the frames come; ends when they do not come any more. */
  async function watch(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
    let frames = 0;
    let movedAt = performance.now();
    for (;;) {
      await pause(tickMs);
      if (signal.aborted) return;
      const decoded = await showVideoFigures(connection);
      const now = performance.now();
      if (decoded > frames) {
        frames = decoded;
        movedAt = now;
        pauseMs = backoffMs.first;
        showState("live", "Live");
      } else if (connection.connectionState === "failed" || connection.connectionState === "closed") {
        return;
      } else if (frames === 0) {
        if (now - movedAt > firstFrameWithinMs) throw new Error("Connected, but no picture came.");
      } else if (now - movedAt > givenUpAfterMs) {
        return;
      } else if (now - movedAt > stalledAfterMs) {
        showState("stalled", "Stalled", "Waiting for the next frame.");
      }
    }
  }

  async function countDown(text: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + milliseconds;
    for (;;) {
      const left = until - performance.now();
      if (left <= 0 || signal.aborted) return;
      const seconds = Math.ceil(left / 1000);
      showState(
        "reconnecting",
        "Reconnecting",
        `${text} Next try in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`,
      );
      if (await pause(Math.min(left, 250))) return;
    }
  }

  /** Returns true when the viewer asked not to wait. */
  async function pause(milliseconds: number): Promise<boolean> {
    return await new Promise((resolve) => {
      const timer = Number.isFinite(milliseconds) ? setTimeout(() => resolve(false), milliseconds) : undefined;
      waiting = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
