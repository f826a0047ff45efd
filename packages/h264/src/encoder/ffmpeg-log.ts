import type { NodeAv } from "../node-av/index.ts";

let logging: Promise<unknown> = Promise.resolve();

/**
 * Runs `work` and collects what FFmpeg logs meanwhile, the only place that says why an encoder does not open. FFmpeg has
 * one log for the whole process, so calls wait for each other.
 */
export function withFFmpegLog<T>(av: NodeAv, work: () => Promise<T>): Promise<{ result: T; lines: string[] }> {
  const turn = logging.then(async () => {
    const lines: string[] = [];
    const level = av.Log.getLevel();
    av.Log.setLevel(av.constants.AV_LOG_ERROR);
    av.Log.setCallback((_level, message) => lines.push(message.trim()), { maxLevel: av.constants.AV_LOG_ERROR });
    try {
      const result = await work();
      // The lines come from another thread by way of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      return { result, lines: lines.filter((line) => line !== "") };
    } finally {
      av.Log.resetCallback();
      av.Log.setLevel(level);
    }
  });
  logging = turn.catch(() => undefined);
  return turn;
}
