import { writeFile } from "node:fs/promises";
import { type AccessUnit, joinAnnexB } from "@inband/h264";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { runInband } from "@inband/rig/inband-process";
import { recordMessages } from "@inband/rig/recorded-messages";
import { folder } from "@inband/rig/test-folder";
import { expect, it } from "vitest";

/** Ten seconds: every second a score, and between them a line that is awkward in every format. */
const record = (path: string): Promise<void> =>
  recordMessages(path, 100, (index, say) => {
    if (index % 10 === 0) say({ home: index / 10 }, { topic: "score" });
    if (index === 55) say('a "quoted", line\n--> with an arrow', { topic: "chat" });
  });

async function exported(...args: string[]): Promise<{ text: string[]; code: number | null; stderr: string }> {
  const { stdout, ...ended } = await runInband(["export", ...args]);
  return { text: stdout === "" ? [] : stdout.split("\n"), ...ended };
}

it("the messages of a recording are written for other tools, with the times of their frames", async (context) => {
  const path = await folder(context);
  await record(path("talk.mp4"));
  const [jsonl, csv, vtt, scores, again] = await Promise.all([
    exported(path("talk.mp4"), "--to", "jsonl"),
    exported(path("talk.mp4"), "--to", "csv"),
    exported(path("talk.mp4"), "--to", "vtt"),
    exported(path("talk.mp4"), "--to", "csv", "--topic", "score"),
    exported(path("talk.mp4"), "--to", "jsonl"),
  ]);
  for (const { code, stderr } of [jsonl, csv, vtt, scores]) expect([code, stderr]).toEqual([0, ""]);
  const messages = jsonl.text.map((line) => JSON.parse(line) as { timeSeconds: number; topic: string; value: unknown });
  expect(messages.map(({ timeSeconds, topic }) => `${timeSeconds} ${topic}`)).toEqual([
    ...["0 score", "1 score", "2 score", "3 score", "4 score", "5 score", "5.5 chat", "6 score", "7 score"],
    ...["8 score", "9 score"],
  ]);
  expect(again.text).toEqual(jsonl.text);
  expect(csv.text[0]).toBe("timeSeconds,rtpTimestamp,topic,sequence,id,publishedAt,value");
  expect(csv.text.find((line) => line.includes("chat"))).toMatch(
    /^5\.5,,chat,0,[0-9a-f-]{36},\d+,"""a \\""quoted\\"", line\\n--> with an arrow"""$/,
  );
  expect(scores.text).toHaveLength(11);
  const cues = vtt.text.flatMap((line, index) => (line.includes(" --> ") ? [[line, vtt.text[index + 1] ?? ""]] : []));
  expect(vtt.text.slice(0, 2)).toEqual(["WEBVTT", ""]);
  expect(cues.map(([times]) => times).slice(4, 8)).toEqual([
    "00:00:04.000 --> 00:00:05.000",
    "00:00:05.000 --> 00:00:05.500",
    "00:00:05.500 --> 00:00:06.000",
    "00:00:06.000 --> 00:00:07.000",
  ]);
  expect(cues.map(([, text]) => (JSON.parse(text ?? "") as { value: unknown }).value)).toEqual(
    messages.map(({ value }) => value),
  );
});

it("a stream of bytes without times gives its messages all the same", async (context) => {
  const path = await folder(context);
  const pictures = await encodedPictures({ width: 96, height: 96, framerate: 10, frames: 5 });
  await writeFile(path("none.264"), joinAnnexB(pictures.flatMap(({ nalUnits }: AccessUnit) => nalUnits)));
  expect(await exported(path("none.264"), "--to", "csv")).toMatchObject({ text: [expect.any(String)], code: 0 });
});

it("an export says what it cannot do", async () => {
  expect(await exported("x.mp4", "--to", "srt")).toMatchObject({
    code: 2,
    stderr: "--to takes jsonl, vtt, csv, and not srt.\n",
  });
  expect(await exported("nowhere.mp4", "--to", "vtt")).toMatchObject({ code: 1, text: [] });
});
