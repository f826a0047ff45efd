import { SeiPublisher } from "@inband/publisher";
import { hangMs } from "@inband/rig/hang";
import { servedStage } from "@inband/rig/stage/served-stage";
import { newVideo, peer, receiver } from "@inband/rig/werift/test-peer";
import { connectWhep, connectWhip } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { stagesSei } from "@inband/wire";
import { afterAll, expect, it } from "vitest";
import { isWhole } from "./cells.ts";
import { playClip } from "./clip-player.ts";
import type { StageAccess } from "./ends.ts";
import { joinByPython, startPythonPeer } from "./python/python-peer.ts";
import { writeReportPart } from "./report.ts";
import { debianPackages } from "./version.ts";

interface Chat {
  readonly text: string;
  readonly timestamp: number;
}

const aiortc = { name: "aiortc", ...debianPackages("python3-aiortc") };
const texts = Array.from(
  { length: isWhole ? 100 : 10 },
  (_, index) => `h\u00e9llo ${index} \u{1f44b} "${"\\".repeat(index % 4)}"`,
);
const rows: string[][] = [];

async function stageAccess() {
  const { stage, url } = await servedStage();
  const access: StageAccess = { url, token: (participantId) => stage.createToken({ url, participantId }) };
  const isPublished = () => expect.poll(() => stage.participants()[0]?.isPublishing, { timeout: hangMs }).toBe(true);
  return { access, isPublished };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

it("reads the JSON of stages_sei from aiortc, each once, as that system glues it into its video", async (test) => {
  if (aiortc.unavailable) test.skip(aiortc.unavailable);
  const { access, isPublished } = await stageAccess();
  const python = await startPythonPeer("aiortc_peer.py", ["send", "stages_sei"], () => {});
  test.onTestFinished(() => python.close());
  await joinByPython(python, access, "/publish/python", "python");
  await isPublished();
  const { pc, transceiver } = receiver();
  using subscriber = new SeiSubscriber<Chat>({ profiles: [stagesSei()] });
  const received: string[] = [];
  subscriber.on("message", ({ value }) => received.push(value.text));
  subscriber.attach(weriftFeed(transceiver));
  await connectWhep(pc, { url: `${access.url}/subscribe/python`, token: await access.token("node") });
  await expect.poll(() => subscriber.stats().accessUnits, { timeout: hangMs }).toBeGreaterThan(0);
  for (const [index, text] of texts.entries()) {
    const json = JSON.stringify({ text, timestamp: 1_700_000_000 + index / 10 });
    python.tell({ message: Buffer.from(json).toString("base64") });
    await pause();
  }
  await expect.poll(() => received.length, { timeout: hangMs }).toBeGreaterThanOrEqual(texts.length);
  expect(received).toEqual(texts);
  rows.push([
    "aiortc, three copies in the NAL unit of the slice",
    "inband on werift",
    String(texts.length),
    String(received.length),
  ]);
});

it("writes the JSON of stages_sei so that aiortc finds it on its decoded pictures", async (test) => {
  if (aiortc.unavailable) test.skip(aiortc.unavailable);
  const { access, isPublished } = await stageAccess();
  const pc = peer();
  const video = newVideo();
  using publisher = new SeiPublisher<{ text: string }>({ profile: stagesSei() });
  publisher.attach(video);
  const connected = video.connect(pc);
  await connectWhip(pc, { url: `${access.url}/publish/node`, token: await access.token("node") });
  await connected;
  const played = await playClip(video);
  test.onTestFinished(() => played.stop());
  await isPublished();
  const received = new Map<string, Chat>();
  let decoded = 0;
  const python = await startPythonPeer("aiortc_peer.py", ["receive"], (event) => {
    if (event.decoded) decoded += 1;
    if (event.message === undefined) return;
    const chat = JSON.parse(Buffer.from(event.message, "base64").toString()) as Chat;
    received.set(chat.text, chat);
  });
  test.onTestFinished(() => python.close());
  await joinByPython(python, access, "/subscribe/node", "python");
  await expect.poll(() => decoded, { timeout: hangMs }).toBeGreaterThan(0);
  for (const text of texts) {
    publisher.publish({ text });
    await pause();
  }
  await expect.poll(() => received.size, { timeout: hangMs }).toBe(texts.length);
  expect([...received.keys()]).toEqual(texts);
  for (const { timestamp } of received.values()) expect(timestamp).toBeGreaterThan(1_700_000_000);
  rows.push(["inband on werift", "aiortc, side data of decoded pictures", String(texts.length), String(received.size)]);
});

afterAll(() => {
  writeReportPart("stages-sei", {
    heading: "The JSON of stages_sei",
    text: "Objects with text of several alphabets, as stages_sei, a Python system for Amazon IVS stages, sends them and as the profile `stagesSei()` does.",
    head: ["from", "to", "sent", "received"],
    rows,
    peers: [aiortc],
  });
});
