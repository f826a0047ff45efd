import { once } from "node:events";
import { existsSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { startInband } from "@inband/rig/inband-process";
import { build } from "vite";
import { beforeAll, describe, expect, it } from "vitest";

const web = fileURLToPath(new URL("../../../web/", import.meta.url));
const page = fileURLToPath(new URL("../page/index.html", import.meta.url));

interface Line {
  readonly id: string;
  readonly topic: string;
  readonly value: unknown;
  readonly rtpTimestamp: number;
}

/** Whoever holds it, the default port is taken then. */
async function takeDefaultPort(): Promise<AsyncDisposable> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.once("error", () => resolve());
    server.listen(8642, "127.0.0.1", resolve);
  });
  return {
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe("the demo", () => {
  beforeAll(async () => {
    if (!existsSync(page)) await build({ root: web, configFile: `${web}vite.config.ts`, logLevel: "error" });
  });

  it("prints every message once as JSON, takes lines from the page's box, and ends with 0 on Ctrl-C that comes more than once", async () => {
    await using demo = startInband(["demo", "--port", "0", "--json"]);
    const [, url = ""] = await demo.errorText(/(http:\/\/127\.0\.0\.1:\d+)/);
    const answer = await fetch(`${url}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ user: "Test", text: "from the \x9b31m\u202ebox" }),
    });
    expect(answer.status).toBe(201);
    const { id } = (await answer.json()) as { id: string };

    const received: Line[] = [];
    const topics = () => new Set(received.map(({ topic }) => topic));
    for await (const text of demo.lines) {
      expect(text).not.toMatch(/[\x7f-\x9f\u202a-\u202e]/);
      received.push(JSON.parse(text) as Line);
      if (received.length >= 12 && topics().size === 3 && received.some((line) => line.id === id)) break;
    }
    expect(new Set(received.map((line) => line.id)).size).toBe(received.length);
    expect(received.find((line) => line.id === id)).toMatchObject({
      topic: "chat",
      value: { user: "Test", text: "from the \x9b31m\u202ebox" },
    });
    expect([...topics()].sort()).toEqual(["chat", "clock", "transcript"]);
    for (const { rtpTimestamp } of received) expect(rtpTimestamp).toBeTypeOf("number");

    const [, token = ""] = await demo.errorText(/export INBAND_TOKEN=(\S+)/);
    const [, ...command] = (await demo.errorText(/npx inband (subscribe) (\S+) (--json)/)) as string[];
    await using other = startInband(command, { INBAND_TOKEN: token });
    for await (const text of other.lines) {
      expect(JSON.parse(text)).toHaveProperty("topic");
      break;
    }

    demo.process.kill("SIGINT");
    demo.process.kill("SIGTERM");
    expect((await demo.ended).code).toBe(0);
  });

  it("takes the next free port, serves a page that may load nothing from elsewhere, and hears no other page", async () => {
    await using _taken = await takeDefaultPort();
    await using demo = startInband(["demo"]);
    let url: string | undefined;
    let said = "";
    for await (const line of demo.lines) {
      said += line;
      url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (url) break;
    }
    expect(said).toMatch(/Port 8642 is taken, so the page is on \d+\./);
    expect(url).not.toMatch(/:8642$/);
    const answer = await fetch(`${url}/`);
    expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
    expect(answer.headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self'/);
    expect(await answer.text()).toContain('id="video"');
    expect((await fetch(`${url}/../package.json`)).status).toBe(404);
    expect((await fetch(`${url}/%2e%2e/package.json`)).status).toBe(404);

    const post = (body: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/messages`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
    const line = JSON.stringify({ user: "A", text: "b" });
    expect((await post(line, { origin: "http://evil.example" })).status).toBe(403);
    expect((await post(line, { "content-type": "text/plain" })).status).toBe(415);
    const { port } = new URL(url ?? "");
    for (const host of ["evil.example", `127.0.0.1.evil.example:${port}`]) {
      for (const path of ["/", "/health", "/alice/messages"]) {
        const asked = get({ port, path, headers: { host } });
        const [{ statusCode }] = (await once(asked, "response")) as [IncomingMessage];
        asked.destroy();
        expect(statusCode, `${host}${path}`).toBe(421);
      }
    }
    expect((await post("{")).status).toBe(400);
    expect((await post(JSON.stringify({ user: "A", text: " " }))).status).toBe(400);
    expect((await post(JSON.stringify({ user: "A", text: "b".repeat(281) }))).status).toBe(400);
    for (const half of ['{"user":"A","text":"\\ud83d"}', '{"user":"\\udc00","text":"b"}']) {
      const refused = await post(half);
      expect([refused.status, await refused.json()]).toEqual([400, { error: expect.stringContaining("well-formed") }]);
    }
    expect((await post(JSON.stringify({ user: "A", text: "b".repeat(10_000) }))).status).toBe(413);
    expect((await post(line)).status).toBe(201);
  });

  it("ends with 0 when it is told to while it starts", async () => {
    for (const afterMs of [150, 400, 800]) {
      await using demo = startInband(["demo", "--port", "0"]);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      demo.process.kill("SIGTERM");
      const { code, stderr } = await demo.ended;
      // Before Node has run the first line of it, the signal ends the process itself.
      expect([0, null]).toContain(code);
      expect(stderr).toBe("");
    }
  });
});
