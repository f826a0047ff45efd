import { startWorker } from "./worker.ts";

const painter = `onmessage = async ({ data }) => {
  const writer = data.writable.getWriter();
  const canvas = new OffscreenCanvas(640, 360);
  const context = canvas.getContext("2d");
  for (let n = 0; ; n++) {
    context.fillStyle = "hsl(" + n * 3 + " 60% 50%)";
    context.fillRect(0, 0, 640, 360);
    context.fillStyle = "white";
    context.fillRect((n * 5) % 640, 80, 40, 40);
    const frame = new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) });
    try { await writer.write(frame); } catch { close(); return; }
    await new Promise((resolve) => setTimeout(resolve, 33));
  }
};`;

type TrackGenerator = new (init: { kind: "video" }) => MediaStreamTrack & { readonly writable: WritableStream };

/** Video that a worker paints, so that it flows on while the page is blocked. */
export function movingPicture(): { track: MediaStreamTrack; close(): void } {
  const Generator = (globalThis as unknown as { MediaStreamTrackGenerator: TrackGenerator }).MediaStreamTrackGenerator;
  const track = new Generator({ kind: "video" });
  const worker = startWorker(painter);
  worker.postMessage({ writable: track.writable }, [track.writable]);
  return {
    track,
    close() {
      track.stop();
      worker.terminate();
    },
  };
}
