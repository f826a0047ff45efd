import { readFile } from "node:fs/promises";
import { openSource } from "@inband/media";
import { fileFeed } from "@inband/media/file-feed";
import { recordMessages } from "@inband/rig/recorded-messages";
import { folder } from "@inband/rig/test-folder";
import { until } from "@inband/rig/until";
import type { SeiFeed } from "@inband/stream";
import { accessUnitFeed, SeiSubscriber } from "@inband/subscriber";
import { describe, expect, it, onTestFinished } from "vitest";

const record = (path: string): Promise<void> =>
  recordMessages(path, 300, (index, say) => {
    if (index % 3 === 0) say({ index }, { topic: "numbers" });
  });

/** What a feed brings: ids, values and times. */
async function read(feed: SeiFeed): Promise<unknown[]> {
  const subscriber = new SeiSubscriber();
  onTestFinished(() => subscriber.close());
  const messages: unknown[] = [];
  let isOver = false;
  subscriber.on("message", ({ id, value, timestamp, sequence }) => messages.push([id, value, timestamp, sequence]));
  subscriber.on("ended", ({ source }) => {
    isOver ||= source === undefined;
  });
  subscriber.attach(feed);
  await until(() => isOver);
  return messages;
}

class ManualVideo extends EventTarget {
  currentTime = 0;
}

describe("a feed of a file", () => {
  it.each(["mp4", "mkv", "ts"])(
    "brings the same messages on the same frames as FFmpeg reads, from %s",
    async (extension) => {
      const path = await folder({ onTestFinished });
      const file = path(`recording.${extension}`);
      await record(file);
      const messages = await read(fileFeed(new Blob([await readFile(file)])));
      expect(messages).toHaveLength(100);
      await using source = await openSource(file);
      const expected = (await read(accessUnitFeed(source))) as [string, unknown, number, number][];
      const places = messages as [string, unknown, number, number][];
      expect(places.map(([id, value, , sequence]) => [id, value, sequence])).toEqual(
        expected.map(([id, value, , sequence]) => [id, value, sequence]),
      );
      // Containers round times to milliseconds.
      for (const [index, [, , timestamp]] of places.entries()) {
        expect(Math.abs(timestamp - (expected[index]?.[2] ?? 0))).toBeLessThanOrEqual(1000);
      }
    },
  );

  it("is read no further ahead than the video plays, and stops when it is detached", async () => {
    const path = await folder({ onTestFinished });
    await record(path("recording.mp4"));
    const video = new ManualVideo();
    const subscriber = new SeiSubscriber<{ index: number }>();
    onTestFinished(() => subscriber.close());
    let last = -1;
    subscriber.on("message", ({ value }) => {
      last = value.index;
    });
    const blob = new Blob([await readFile(path("recording.mp4"))]);
    const attachment = subscriber.attach(fileFeed(blob, { video, aheadSeconds: 2 }));
    await until(() => last === 18);
    video.currentTime = 10;
    video.dispatchEvent(new Event("timeupdate"));
    await until(() => last === 120);
    attachment.close();
    video.currentTime = 25;
    video.dispatchEvent(new Event("seeking"));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(last).toBe(120);
  });

  it("says what a file is that holds no H.264, and names a wrong option", async () => {
    const subscriber = new SeiSubscriber();
    onTestFinished(() => subscriber.close());
    const errors: string[] = [];
    subscriber.on("error", (error) => errors.push(error.message));
    subscriber.attach(fileFeed(new Blob(["no video at all"])));
    await until(() => errors.length === 1);
    for (const [file, options, message] of [
      [7, {}, "file: expected a Blob or an address"],
      ["x.mp4", { aheadSeconds: 0 }, "aheadSeconds: expected more than 0"],
      ["x.mp4", { ahead: 3 }, "ahead"],
    ] as const) {
      expect(() => fileFeed(file as never, options as never)).toThrow(message);
    }
  });
});
