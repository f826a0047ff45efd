import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buildUserDataSei, insertSei, joinAnnexB } from "@inband/h264";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { ffmpeg, needsFfmpeg } from "@inband/rig/ffmpeg";
import { hangMs } from "@inband/rig/hang";
import { type RunningInband, runInband, startInband } from "@inband/rig/inband-process";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import { receiver } from "@inband/rig/werift/test-peer";
import { connectWhep } from "@inband/stage/client";
import { createStage, type ServedStage, type Stage, serveStage } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { createMessageId, encodeMessage, inband } from "@inband/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

interface Line {
  readonly id: string;
  readonly topic?: string;
  readonly value?: unknown;
  readonly outcome?: string;
  readonly reason?: string;
  readonly line?: number;
}

describe("publish and subscribe", () => {
  let stage: Stage;
  let served: ServedStage;

  beforeEach(async () => {
    stage = createStage();
    served = await serveStage(stage);
  });

  afterEach(async () => {
    await served.close();
    await stage.close();
  });

  const token = (participantId: string) => stage.createToken({ participantId, url: served.url });

  /** A publisher, once the stage has its video. */
  async function startPublisher(input = "test", ...more: string[]): Promise<RunningInband> {
    const publisher = startInband([
      ...["publish", input, "--to", `${served.url}/publish/speaker`, "--token", await token("speaker"), ...more],
    ]);
    await expect
      .poll(() => stage.participants().some(({ isConnected }) => isConnected), { timeout: hangMs })
      .toBe(true);
    return publisher;
  }

  async function startSubscriber(...more: string[]): Promise<RunningInband> {
    return startInband([
      ...["subscribe", `${served.url}/subscribe/speaker`, "--token", await token("listener"), "--json", ...more],
    ]);
  }

  it("carry JSON lines from one standard input to another's output, each once, with a receipt", async () => {
    await using publisher = await startPublisher("test", "--topic", "chat");
    await using subscriber = await startSubscriber();
    await expect.poll(() => stage.participants()[0]?.subscribers, { timeout: hangMs }).toBe(1);

    const values = [{ text: "hello" }, "two", 3, [true, null, { deep: ["\u00fc"] }]];
    const write = async () => {
      for (const value of values) {
        publisher.process.stdin.write(`${JSON.stringify(value)}\n`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    // The subscriber is on the stage before its connection stands: a first message tells when it does.
    let isListening = false;
    const calling = (async () => {
      while (!isListening) {
        publisher.process.stdin.write('"are you there"\n');
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await write();
    })();

    const received: Line[] = [];
    for await (const text of subscriber.lines) {
      const line = JSON.parse(text) as Line;
      isListening = true;
      if (line.value === "are you there") continue;
      received.push(line);
      if (received.length === values.length) break;
    }
    await calling;
    subscriber.process.kill("SIGINT");
    expect(await subscriber.ended).toEqual({ code: 0, stderr: "" });

    publisher.process.stdin.end();
    const receipts: Line[] = [];
    for await (const text of publisher.lines) receipts.push(JSON.parse(text) as Line);

    expect(received.map(({ value }) => value)).toEqual(values);
    expect(received.map(({ topic }) => topic)).toEqual(values.map(() => "chat"));
    const lastReceipts = receipts.slice(-values.length);
    expect(received.map(({ id }) => id)).toEqual(lastReceipts.map(({ id }) => id));
    expect(lastReceipts.map(({ outcome }) => outcome)).toEqual(values.map(() => "sent"));
    expect((await publisher.ended).code).toBe(0);
  });

  it.each([
    ["has no more lines", (publisher: RunningInband) => publisher.process.stdin.end()],
    ["is told to end", (publisher: RunningInband) => publisher.process.kill("SIGINT")],
  ])("end, the subscriber too, when the publisher %s", async (_how, end) => {
    await using publisher = await startPublisher();
    await using subscriber = await startSubscriber();
    const calling = setInterval(() => publisher.process.stdin.write("1\n"), 200);
    for await (const _line of subscriber.lines) break;
    clearInterval(calling);
    end(publisher);
    expect(await publisher.ended).toEqual({ code: 0, stderr: "" });
    const { code, stderr } = await subscriber.ended;
    expect(stderr).toBe("The video has ended.\n");
    expect(code).toBe(0);
  });

  it("end when the publisher does, whoever else posted into its video last", async () => {
    await using publisher = await startPublisher();
    await using subscriber = await startSubscriber();
    const calling = setInterval(() => publisher.process.stdin.write("1\n"), 200);
    await subscriber.lines.next();
    clearInterval(calling);
    const answer = await fetch(`${served.url}/speaker/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${await token("poster")}`, "content-type": "application/json" },
      body: '{"http":1}',
    });
    expect(answer.ok).toBe(true);
    for await (const line of subscriber.lines) if (line.includes('"http"')) break;
    publisher.process.stdin.end();
    expect(await publisher.ended).toEqual({ code: 0, stderr: "" });
    expect(await subscriber.ended).toEqual({ code: 0, stderr: "The video has ended.\n" });
  });

  it("say goodbye to the subscribers before a file is at its end", async () => {
    await using folder = await temporaryFolder();
    const { pc, transceiver } = receiver();
    const file = folder.file("short.264");
    await writeFile(file, await recording([], 100));
    await using publisher = await startPublisher(file);
    using subscriber = new SeiSubscriber();
    const reasons: string[] = [];
    const over = new Promise<void>((resolve) => {
      subscriber.on("ended", ({ reason }) => {
        reasons.push(reason);
        if (reason === "connection-closed") resolve();
      });
    });
    subscriber.attach(weriftFeed(transceiver));
    await connectWhep(pc, { url: `${served.url}/subscribe/speaker`, token: await token("listener") });
    expect(await publisher.ended).toEqual({ code: 0, stderr: "" });
    await over;
    expect(reasons).toEqual(["publisher-closed", "connection-closed"]);
  });

  it("say that the publisher disappeared", async () => {
    await using publisher = await startPublisher();
    await using subscriber = await startSubscriber("--no-reconnect");
    const calling = setInterval(() => publisher.process.stdin.write("1\n"), 200);
    for await (const _line of subscriber.lines) break;
    clearInterval(calling);
    publisher.process.kill("SIGKILL");
    const { code, stderr } = await subscriber.ended;
    expect(stderr).toMatch(/publisher disappeared without saying goodbye/);
    expect(code).toBe(1);
  });

  it("go on with a publisher that disappeared and is back, and say so", async () => {
    await using first = await startPublisher();
    await using subscriber = await startSubscriber();
    const calling = setInterval(() => first.process.stdin.write("1\n"), 200);
    await subscriber.lines.next();
    clearInterval(calling);
    first.process.kill("SIGKILL");
    await subscriber.errorText(/disappeared without saying goodbye. Connecting again.$/m);
    await expect.poll(() => stage.participants().length, { timeout: hangMs }).toBe(0);
    await using second = await startPublisher();
    await subscriber.errorText(/^The publisher is back.$/m);
    second.process.stdin.end();
    const { code, stderr } = await subscriber.ended;
    expect(stderr).not.toContain("Connected to the stage");
    expect(code).toBe(0);
  });

  it("publish every line of a burst, more than the queue holds", async () => {
    const values = Array.from({ length: 1000 }, (_, number) => ({ number }));
    const { code, stdout, stderr } = await runInband(
      ["publish", "test", "--to", `${served.url}/publish/speaker`, "--token", await token("speaker")],
      values.map((value) => JSON.stringify(value)).join("\n"),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const answers = stdout.split("\n").map((line) => JSON.parse(line) as Line);
    expect(answers.map(({ outcome }) => outcome)).toEqual(values.map(() => "sent"));
    expect(answers.map(({ line }) => line).sort((a = 0, b = 0) => a - b)).toEqual(values.map((_, index) => index + 1));
  });

  it("publish every line of a burst that its profile sends in some time", async () => {
    const values = Array.from({ length: 60 }, (_, number) => ({ number, text: "x".repeat(500) }));
    const { code, stdout, stderr } = await runInband(
      [
        ...["publish", "test", "--to", `${served.url}/publish/speaker`, "--token", await token("speaker")],
        ...["--profile", "stagesSei"],
      ],
      values.map((value) => JSON.stringify(value)).join("\n"),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n").map((line) => (JSON.parse(line) as Line).outcome)).toEqual(values.map(() => "sent"));
  });

  it("answer the lines that the video leaves unpublished", async () => {
    await using folder = await temporaryFolder();
    const file = folder.file("short.264");
    await writeFile(file, await recording([]));
    const lines = Array.from({ length: 500 }, (_, number) => JSON.stringify({ number, text: "x".repeat(900) }));
    const { code, stdout, stderr } = await runInband(
      ["publish", file, "--to", `${served.url}/publish/speaker`, "--token", await token("speaker")],
      lines.join("\n"),
    );
    expect(stderr).toMatch(/lines were not published/);
    const answers = stdout.split("\n").map((line) => JSON.parse(line) as Line);
    expect(answers.length).toBe(lines.length);
    const refused = answers.filter(({ outcome }) => outcome === "refused");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.at(-1)).toEqual({ outcome: "refused", line: 500, reason: "the video has ended" });
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(`${refused.length} lines were not published.`);
  });

  it("print messages without the video, from the stage by HTTP, until it has ended", async () => {
    await using publisher = await startPublisher("test", "--topic", "chat");
    const url = `${served.url}/speaker/messages`;
    await using subscriber = startInband([
      "subscribe",
      url,
      "--token",
      await token("listener"),
      "--topic",
      "chat",
      "--json",
    ]);
    let said = 0;
    const calling = setInterval(() => publisher.process.stdin.write(`${said++}\n`), 100);
    const lines = [(await subscriber.lines.next()).value, (await subscriber.lines.next()).value];
    clearInterval(calling);
    const [first, second] = lines.map((text) => JSON.parse(text) as Line);
    expect(first).toMatchObject({ topic: "chat", value: expect.any(Number), rtpTimestamp: expect.any(Number) });
    expect(second?.value).toBe((first?.value as number) + 1);
    publisher.process.stdin.end();
    expect(await subscriber.ended).toEqual({ code: 0, stderr: "The video has ended.\n" });
  });

  it("say that the stage of messages by HTTP is gone, or has none", async () => {
    await using publisher = await startPublisher();
    const read = async (name: string) =>
      startInband([
        "subscribe",
        `${served.url}/${name}/messages`,
        "--token",
        await token("listener"),
        "--no-reconnect",
      ]);
    await using nobody = await read("nobody");
    expect((await nobody.ended).code).toBe(1);
    await using subscriber = await read("speaker");
    const calling = setInterval(() => publisher.process.stdin.write("1\n"), 200);
    await subscriber.lines.next();
    clearInterval(calling);
    await served.close();
    expect(await subscriber.ended).toEqual({ code: 1, stderr: "The connection to the stage was lost.\n" });
  });

  it("do not wait for the end of a refusal that has none", async () => {
    const endless = createServer((_, response) => {
      response.writeHead(403, { "content-type": "text/plain" });
      const talking = setInterval(() => response.write("no, ".repeat(1000)), 10);
      response.on("close", () => clearInterval(talking));
    }).listen(0, "127.0.0.1");
    await once(endless, "listening");
    try {
      const { port } = endless.address() as AddressInfo;
      const { code, stderr } = await runInband(["subscribe", `http://127.0.0.1:${port}/speaker/messages`]);
      expect(stderr).toContain("no, no, no");
      expect(code).toBe(1);
    } finally {
      endless.closeAllConnections();
      endless.close();
    }
  });

  it("go on with a stage that was lost and is back, and say so", async () => {
    await stage.close();
    await served.close();
    const { port } = new URL(served.url);
    const secret = randomBytes(32);
    const again = async () => {
      stage = createStage({ secret, topic: "test" });
      served = await serveStage(stage, { port: Number(port) });
    };
    await again();
    await using publisher = await startPublisher();
    await using subscriber = await startSubscriber();
    let said = 0;
    const calling = setInterval(() => publisher.process.stdin.write(`${said++}\n`), 100);
    const next = async () => (JSON.parse((await subscriber.lines.next()).value) as Line).value as number;
    await next();
    await stage.close();
    await served.close();
    await publisher.errorText(/^The connection to the stage was lost. Connecting again.$/m);
    await subscriber.errorText(/^The stage is gone: .* Connecting again.$/m);
    const before = said;
    await again();
    while ((await next()) < before);
    clearInterval(calling);
    publisher.process.stdin.end();
    expect((await publisher.ended).stderr).toMatch(/^Connected to the stage again.$/m);
    const { code, stderr } = await subscriber.ended;
    expect(stderr).toMatch(/^Connected to the stage again.$/m);
    expect(stderr).toMatch(/^The video has ended.$/m);
    expect(code).toBe(0);
  });

  it("say why the stage does not take their tokens any more when it was started again", async () => {
    await using publisher = await startPublisher();
    await stage.close();
    await served.close();
    stage = createStage();
    served = await serveStage(stage, { port: Number(new URL(served.url).port) });
    const { code, stderr } = await publisher.ended;
    expect(stderr).toMatch(/started again with another secret. `inband stage --secret FILE` keeps tokens valid/);
    expect(code).toBe(1);
  });

  it.each(["closed", "killed"])("say that the stage is gone, and do not end as if all were well: %s", async (how) => {
    await using publisher = await startPublisher("test", "--no-reconnect");
    await using subscriber = await startSubscriber("--no-reconnect");
    const calling = setInterval(() => publisher.process.stdin.write("1\n"), 200);
    for await (const _line of subscriber.lines) break;
    if (how === "killed") await served.close();
    await stage.close();
    const subscribed = await subscriber.ended;
    expect(subscribed.code).toBe(1);
    expect(subscribed.stderr).toMatch(/^The (stage is gone|connection to the stage was lost)/m);
    const published = await publisher.ended;
    clearInterval(calling);
    expect(published.code).toBe(1);
    expect(published.stderr).toMatch(/^The connection to the stage was lost/m);
  });

  it("read the messages of a file", async () => {
    await using folder = await temporaryFolder();
    const file = folder.file("recording.264");
    const values = [{ text: "first" }, "second"];
    await writeFile(file, await recording(values));
    const { code, stdout, stderr } = await runInband(["subscribe", file, "--json"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const lines = stdout.split("\n").map((line) => JSON.parse(line) as Line);
    expect(lines.map(({ value }) => value)).toEqual(values);
    expect(lines.map(({ topic }) => topic)).toEqual(["notes", "notes"]);
    const people = await runInband(["subscribe", file]);
    expect(people.stdout).toContain("second");
    expect(people.stdout).not.toMatch(/ ms$/m);
  });

  it("say why the video of a file is encoded again, and its sound left out", async (context) => {
    needsFfmpeg(context);
    await using folder = await temporaryFolder();
    const file = folder.file("talk.mp4");
    const media = ["-f", "lavfi", "-i", "testsrc=d=1:s=128x96:r=10", "-f", "lavfi", "-i", "sine=d=1"];
    await ffmpeg(
      ...media,
      "-pix_fmt",
      "yuv420p",
      "-c:v",
      "libx264",
      "-profile:v",
      "main",
      "-bf",
      "0",
      "-c:a",
      "aac",
      file,
    );
    const profile = "The video is encoded again: its profile or level is not constrained baseline up to level 3.1";
    const written = await runInband(["publish", file, "--to", folder.file("to.mp4")], "");
    expect(written.code).toBe(0);
    expect(written.stderr).toContain(profile);
    expect(written.stderr).toContain("The sound is left out: only WHIP takes it.");
    const sent = await runInband(
      ["publish", file, "--to", `${served.url}/publish/speaker`, "--token", await token("speaker")],
      "",
    );
    expect(sent.stderr).toContain(profile);
    expect(sent.stderr).toContain("The sound is left out: it is sent only beside video that is not encoded again.");
  });

  it.each([
    ["ivs", { text: "hello" }, btoa('{"text":"hello"}')],
    ["ivs:envelope", { text: "hello" }, { text: "hello" }],
    ["stagesSei", "hello", expect.objectContaining({ text: "hello", type: "text_content" })],
    ["seiModule:MY_CAMERA", { inf: { cars: 2 } }, expect.objectContaining({ inf: { cars: 2 } })],
    ["raw:0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", [1, "two"], btoa('[1,"two"]')],
  ])("carry a message in the profile %s", async (profile, value, expected) => {
    await using publisher = await startPublisher("test", "--profile", profile);
    await using subscriber = await startSubscriber("--profile", "inband", "--profile", profile);
    const calling = setInterval(() => publisher.process.stdin.write(`${JSON.stringify(value)}\n`), 200);
    for await (const text of subscriber.lines) {
      const line = JSON.parse(text) as Line & { profile: string };
      expect(line.value).toEqual(expected);
      expect(line.profile).toBe(profile.split(":")[0]);
      break;
    }
    clearInterval(calling);
    publisher.process.stdin.end();
    expect((await publisher.ended).code).toBe(0);
  });

  it("answer a line that is not JSON, or that JSON would round, go on, and say so at the end", async () => {
    const { code, stdout, stderr } = await runInband(
      ["publish", "test", "--to", `${served.url}/publish/speaker`, "--token", await token("speaker")],
      '{"text":\n{"id":12345678901234567890}\n{"at":1764310431123,"id":"12345678901234567890","big":9007199254740992}\n',
    );
    const lines = stdout.split("\n").map((line) => JSON.parse(line) as Line);
    expect(lines[0]).toEqual({ outcome: "refused", line: 1, reason: "not JSON" });
    expect(lines[1]).toMatchObject({ outcome: "refused", line: 2, reason: expect.stringContaining("as a string") });
    expect(lines[2]?.outcome).toBe("sent");
    expect(code).toBe(1);
    expect(stderr.trim()).toBe("2 lines were not published.");
  });

  it("say why a stage turns them away", async () => {
    const wrong = await runInband(["subscribe", `${served.url}/subscribe/nobody`, "--token", await token("listener")]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/404.*does not publish/);
    const tokenless = await runInband(["publish", "test", "--to", `${served.url}/publish/speaker`]);
    expect(tokenless.code).toBe(1);
    expect(tokenless.stderr).toMatch(/asks for a token: give one by --token or INBAND_TOKEN/);
  });
});

/** An elementary stream of ten pictures a second; each message rides on three of them. */
async function recording(values: readonly unknown[], frames = 10): Promise<Uint8Array> {
  const profile = inband();
  const sei = values.map((value, sequence) => {
    const header = { id: createMessageId({ nowMs: 1 }), source: 7, sequence, topic: "notes" };
    const [part] = encodeMessage(profile, value, header);
    return buildUserDataSei({ uuid: profile.uuid, payload: part!.payload });
  });
  const encoded = await encodedPictures({ width: 128, height: 96, framerate: 10, frames });
  const nals = encoded.flatMap((accessUnit, picture) => {
    const due = sei.filter((_, index) => picture >= index * 2 && picture < index * 2 + 3);
    return insertSei(accessUnit, due).nalUnits;
  });
  return joinAnnexB(nals);
}
