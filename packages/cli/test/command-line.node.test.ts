import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { runInband, startInband } from "@inband/rig/inband-process";
import { describe, expect, it } from "vitest";

/** One sentence or two for people, and nothing of the inside of the program. */
function expectSentence(stderr: string, pattern: RegExp): void {
  expect(stderr).toMatch(pattern);
  expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
  expect(stderr).not.toMatch(/^\s+at |node:internal|Error:/m);
}

describe("the command line", () => {
  it.each([
    [["--help"]],
    [["demo", "--help"]],
    [["publish", "--help"]],
    [["subscribe", "--help"]],
    [["inspect", "--help"]],
    [["doctor", "--help"]],
    [["help"]],
    [["help", "publish"]],
  ])("explains itself with examples: %j", async (args) => {
    const { code, stdout } = await runInband(args);
    expect(code).toBe(0);
    expect(stdout).toContain("Examples:\n  $ ");
    expect(stdout).not.toContain("[]");
  });

  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(await runInband(["--version"])).toEqual({ code: 0, stdout: version, stderr: "" });
  });

  it("names a command that it does not have", async () => {
    const { code, stderr } = await runInband(["play"]);
    expect(code).toBe(1);
    expectSentence(stderr, /unknown command 'play'/i);
  });

  it("names a command that it cannot help with", async () => {
    const { code, stderr } = await runInband(["help", "nope"]);
    expect(code).toBe(1);
    expectSentence(stderr, /unknown command 'nope'/i);
    const typo = await runInband(["help", "pubish"]);
    expect(typo.code).toBe(1);
    expect(typo.stderr).toMatch(/unknown command 'pubish'\s+\(Did you mean publish\?\)/i);
  });

  it("says that the standard input of publish is taken", async () => {
    const { code, stderr } = await runInband(["publish", "-", "--to", "http://127.0.0.1:9"]);
    expect(code).toBe(1);
    expectSentence(stderr, /standard input of publish is for messages/);
  });

  it("names an option that it does not have", async () => {
    const { code, stderr } = await runInband(["demo", "--colour", "red"]);
    expect(code).toBe(1);
    expectSentence(stderr, /unknown option '--colour'/i);
  });

  it.each(["banana", "-1", "65536", "80.5", ""])("says which ports there are when it gets %j", async (port) => {
    const { code, stderr } = await runInband(["demo", `--port=${port}`]);
    expect(code).toBe(1);
    expectSentence(stderr, /--port takes a whole number from 0 to 65535/);
  });

  it("says that the port is taken", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    try {
      const { code, stderr } = await runInband(["demo", "--port", String(port)]);
      expect(code).toBe(1);
      expectSentence(stderr, new RegExp(`Port ${port} is taken`));
    } finally {
      server.close();
    }
  });

  it.each([
    ["demo", ["demo", "--port", "0", "--input", "no-such-video.mp4"]],
    ["publish", ["publish", "no-such-video.mp4", "--to", "http://127.0.0.1:9/publish/me"]],
    ["subscribe", ["subscribe", "no-such-video.mp4"]],
    ["inspect", ["inspect", "no-such-video.mp4"]],
  ])("says that a file is missing: %s", async (_name, args) => {
    const { code, stderr } = await runInband(args);
    expect(code).toBe(1);
    expectSentence(stderr, /no-such-video\.mp4/);
  });

  it("says that a stage does not answer", async () => {
    const { code, stderr } = await runInband(["subscribe", "http://127.0.0.1:9/subscribe/me"]);
    expect(code).toBe(1);
    expectSentence(stderr, /127\.0\.0\.1:9/);
  });

  it.each([
    ["publish", ["publish", "test", "--to"], []],
    ["subscribe by WHEP", ["subscribe"], []],
    ["doctor", ["doctor"], ["http://127.0.0.1:1/z"]],
    ["doctor in JSON", ["doctor", "--json", "http://127.0.0.1:1/z"], []],
    ["inspect", ["inspect"], []],
  ])("shows no secret of an address that it cannot use: %s", async (name, before, after) => {
    for (const secret of [
      "user:hidden@127.0.0.1:1/z?token=hidden",
      "127.0.0.1:1/z0hidden9hidden9hidden9/messages#hidden",
    ]) {
      for (const debug of ["", "1"]) {
        await using running = startInband([...before, `http://${secret}`, ...after], { INBAND_DEBUG: debug });
        const { code, stderr } = await running.ended;
        expect(code).not.toBe(0);
        expect(stderr).not.toContain("hidden");
        if (debug === "" && secret.includes("@") && name !== "inspect") expectSentence(stderr, /user or a password/);
      }
    }
  });

  it("says which addresses and profiles it takes", async () => {
    const address = await runInband(["publish", "test", "--to", "ftp://example.com/live"]);
    expect(address.code).toBe(1);
    expectSentence(address.stderr, /is not somewhere video can be sent/);
    const profile = await runInband(["publish", "test", "--to", "http://127.0.0.1:9", "--profile", "klv"]);
    expect(profile.code).toBe(1);
    expectSentence(
      profile.stderr,
      /--profile takes inband, ivs, ivs:envelope, stagesSei, seiModule, seiModule:TEXT or raw:UUID/,
    );
    for (const [name, says] of [
      ["raw", /--profile raw: takes a UUID/],
      ["raw:7", /--profile raw: takes a UUID.*not "7"/],
      ["seiModule:", /--profile seiModule: takes 1 to 16 letters of ASCII/],
      ["toString", /--profile takes inband/],
    ] as const) {
      const { code, stderr } = await runInband(["subscribe", "none.mp4", "--profile", name]);
      expect(code).toBe(1);
      expectSentence(stderr, says);
    }
    const to = ["--to", "http://127.0.0.1:9"];
    const topic = await runInband(["publish", "test", ...to, "--profile", "stagesSei", "--topic", "chat"]);
    expectSentence(topic.stderr, /--topic goes with the profiles inband and ivs:envelope: stagesSei has no topics/);
  });
});
