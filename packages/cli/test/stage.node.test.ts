import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningInband, runInband, startInband } from "@inband/rig/inband-process";
import { describe, expect, it, onTestFinished } from "vitest";

interface Line {
  readonly url?: string;
  readonly participants?: readonly { readonly participantId: string; readonly token: string }[];
  readonly event?: string;
  readonly participantId?: string;
  readonly isPublishing?: boolean;
}

describe("inband stage", () => {
  it("prints tokens, takes who comes with one, and tells who comes and goes", async () => {
    await using stage = startInband(["stage", "--port", "0", "--participants", "camera, viewer", "--json"]);
    const next = async (): Promise<Line> => JSON.parse((await stage.lines.next()).value);
    const { url, participants = [] } = await next();
    expect(participants.map(({ participantId }) => participantId)).toEqual(["camera", "viewer"]);
    const to = ["--to", `${url}/publish/camera`, "--token", participants[0]?.token ?? ""];
    const { code, stdout } = await runInband(["publish", "test", ...to], '"hello"');
    expect([code, JSON.parse(stdout).outcome]).toEqual([0, "sent"]);
    const told: Line[] = [];
    while (told.at(-1)?.event !== "left") told.push(await next());
    expect(told[0]).toMatchObject({ event: "joined", participantId: "camera" });
    expect(told.some(({ event, isPublishing }) => event === "updated" && isPublishing)).toBe(true);
    stage.process.kill("SIGINT");
    expect(await stage.ended).toEqual({ code: 0, stderr: "" });
  });

  it("prints the address of a page that tests a browser, as a QR code too where a phone can reach it", async () => {
    const printed = async (...args: string[]) => {
      await using stage = startInband(["stage", "--port", "0", ...args]);
      const lines: string[] = [];
      for await (const line of stage.lines) {
        lines.push(line);
        if (line.includes("self-test#")) stage.process.kill("SIGINT");
      }
      return lines.join("\n");
    };
    const here = await printed();
    expect(here).toMatch(/Test a browser against it: {2}http:\/\/127\.0\.0\.1:\d+\/self-test#[\w-]+\n/);
    expect(here).not.toContain("\u2588\u2588");
    const everywhere = await printed("--host", "0.0.0.0");
    expect(everywhere.includes("\u2588\u2588")).toBe(!everywhere.includes("//127.0.0.1"));
  });

  it("takes the tokens of the stage before it by a secret in a file, which it makes for its owner alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "inband-secret-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const secret = join(folder, "stage.secret");
    const started = async (): Promise<[RunningInband, Line]> => {
      const stage = startInband(["stage", "--port", "0", "--secret", secret, "--json"]);
      return [stage, JSON.parse((await stage.lines.next()).value)];
    };
    // Two at once make one secret.
    const [[first, { participants = [] }], [second, { url }]] = await Promise.all([started(), started()]);
    await using _first = first;
    await using _second = second;
    const [{ token } = { token: "" }] = participants;
    const health = (of: string) =>
      fetch(`${url}/alice/messages`, { headers: { authorization: `Bearer ${of}` } }).then(({ status }) => status);
    // Nobody publishes there: the token was taken.
    expect([await health(token), await health(`${token}x`)]).toEqual([404, 401]);
    expect(await readdir(folder)).toEqual(["stage.secret"]);
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    expect((await readFile(secret)).length).toBeGreaterThan(32);
    await writeFile(secret, "too short");
    const { code, stderr } = await runInband(["stage", "--port", "0", "--secret", secret]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/has 9 bytes; a secret has 32 or more/)]);
  });

  it.each([
    [["--port", "x"], /--port takes a whole number/],
    [["--hours", "0"], /--hours takes a number of hours above 0/],
    [["--participants", "a,a"], /--participants takes different names/],
    [["--participants", "a/b"], /--participants: participantId may have/],
    [["--cert", "stage.pem"], /--cert and --key belong together/],
    [["--cert", "nowhere.pem", "--key", "nowhere.pem"], /nowhere.pem cannot be read/],
    [["--cert", "/etc/passwd", "--key", "/etc/passwd"], /^\/etc\/passwd holds no certificate in PEM/],
    [["--secret", "/etc/passwd"], /^--secret: others than its owner may use \/etc\/passwd: chmod 600/],
    [["--secret", "/"], /^--secret: \/ is not a file/],
    [["--secret", "/nowhere/secret"], /^--secret: \/nowhere\/secret can neither be read nor be made/],
    [["--host", "192.0.2.1"], /The stage cannot listen on 192.0.2.1/],
  ])("says in one sentence what is wrong with %j", async (args, sentence) => {
    const { code, stderr } = await runInband(["stage", "--port", "0", ...args]);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
