import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { ffmpeg, needsFfmpeg } from "@inband/rig/ffmpeg";
import { hangMs } from "@inband/rig/hang";
import { runInband, startInband } from "@inband/rig/inband-process";
import { servedStage } from "@inband/rig/stage/served-stage";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import { expect, it } from "vitest";

const picture = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=30"];
const tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"];
const h264 = ["-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-tune", "zerolatency", "-g", "30"];

it("inband publish sends the Opus of a file beside its pictures, and Chromium plays both in step", async (context) => {
  needsFfmpeg(context);
  await using folder = await temporaryFolder();
  const file = folder.file("clip.mkv");
  await ffmpeg(...picture, ...tone, "-t", "20", ...h264, "-c:a", "libopus", file);
  const { stage, url } = await servedStage();
  const token = (participantId: string) => stage.createToken({ url, participantId });
  await using publisher = startInband([
    ...["publish", file, "--loop", "--to", `${url}/publish/alice`, "--token", await token("alice")],
  ]);
  await expect.poll(() => stage.participants()[0]?.hasAudio, { timeout: hangMs }).toBe(true);
  await expect.poll(() => stage.participants()[0]?.isPublishing, { timeout: hangMs }).toBe(true);
  const page = await openPage(resolve(import.meta.dirname, "pages/sound.ts"));
  await page.evaluate(([url, token]) => playSound(url, token), [`${url}/subscribe/alice`, await token("bob")] as const);
  const stats = () => page.evaluate(() => soundStats());
  await expect.poll(async () => (await stats()).framesDecoded, { timeout: hangMs }).toBeGreaterThan(60);
  await expect.poll(async () => (await stats()).loudness, { timeout: hangMs }).toBeGreaterThan(0.01);
  // Known once a sender report has come of each.
  await expect.poll(async () => Math.abs((await stats()).aheadMs ?? 1e9), { timeout: hangMs }).toBeLessThan(150);
  const { audioPackets, samplesPlayed, concealedSamples, streams } = await stats();
  expect(streams).toHaveLength(1);
  expect(audioPackets).toBeGreaterThan(50);
  expect(concealedSamples).toBeLessThan(samplesPlayed / 2);
  publisher.process.kill("SIGINT");
  expect(await publisher.ended).toEqual({ code: 0, stderr: "" });
});

it("inband publish leaves AAC out, and says so", async (context) => {
  needsFfmpeg(context);
  await using folder = await temporaryFolder();
  const file = folder.file("clip.mp4");
  await ffmpeg(...picture, ...tone, "-t", "1", ...h264, "-c:a", "aac", file);
  const { stage, url } = await servedStage();
  const token = await stage.createToken({ url, participantId: "alice" });
  const { code, stderr } = await runInband(["publish", file, "--to", `${url}/publish/alice`, "--token", token]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "The sound is left out: it is aac, not Opus.\n" });
});
