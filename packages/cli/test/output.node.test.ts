import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buildUserDataSei, insertSei, joinAnnexB } from "@inband/h264";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { runInband, startInband } from "@inband/rig/inband-process";
import { suiteFolder } from "@inband/rig/test-folder";
import { createMessageId, encodeMessage, inband } from "@inband/wire";
import { beforeAll, describe, expect, it } from "vitest";

/** A pipe of Linux holds this much; what is beyond it waits in the process that writes. */
const pipeBytes = 65_536;
const profile = inband();

/** What a terminal obeys, or what turns a line around: all but line feeds. */
const steering = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f]/u;
/** A title, a cleared screen, colours by C0 and by C1, a bell, a carriage return, DEL, and text that runs backwards. */
const hostile = "\x1b]0;title\x07\x1b[2J\x1b[31mX\r\n\x9b31m\x9d0;title\x9c\x7f\0\x08\u202egpj\u2066\u061c\u200f\u2028";

/** A byte stream of twenty pictures, with SEI NAL units shared out among them. */
async function recording(sei: readonly Uint8Array[]): Promise<Uint8Array> {
  const encoded = await encodedPictures({ width: 128, height: 96, framerate: 10, frames: 20 });
  const each = Math.ceil(sei.length / encoded.length);
  const nals = encoded.flatMap(
    (accessUnit, index) => insertSei(accessUnit, sei.slice(index * each, (index + 1) * each)).nalUnits,
  );
  return joinAnnexB(nals);
}

function message(sequence: number, value: unknown, topic = "chat", source = 7): Uint8Array {
  const [part] = encodeMessage(profile, value, { id: createMessageId(), source, sequence, topic });
  return buildUserDataSei({ uuid: profile.uuid, payload: part!.payload });
}

describe("what a command prints", () => {
  const path = suiteFolder();
  let many: string;
  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    await writeFile(path(name), bytes);
    return path(name);
  };

  beforeAll(async () => {
    const sei = Array.from({ length: 1000 }, (_, sequence) => message(sequence, { text: "x".repeat(100), sequence }));
    many = await write("many.h264", await recording(sei));
  });

  it.each([[["inspect", "--json"]], [["subscribe", "--json"]], [["subscribe"]]])(
    "reaches a reader that takes its time, whole: %j",
    async ([command = "", ...options]) => {
      await using running = startInband([command, many, ...options], {}, "{ sleep 2; cat; }");
      let text = "";
      for await (const chunk of running.process.stdout.setEncoding("utf8")) text += chunk;
      expect(text.length).toBeGreaterThan(pipeBytes);
      // x264 writes its settings in a message of its own.
      if (command === "inspect") expect(JSON.parse(text).userData.length).toBe(1001);
      else expect(text.trimEnd().split("\n").length).toBe(1000);
      expect((await running.ended).stderr).toBe("code 0\n");
    },
  );

  it.each(["inspect", "subscribe"])(
    "ends quietly where the reader has enough, as in `| head -1`: %s",
    async (command) => {
      await using running = startInband([command, many, "--json"], {}, "head -c 1");
      expect((await running.ended).stderr).toBe("code 0\n");
    },
  );

  it("steers no terminal, whatever a stream says", async () => {
    const uuid = Buffer.from("\x1b[31mABCDEFGHIJK");
    const file = await write(
      `\x1b]0;name\x07\u202e.h264`,
      await recording([
        message(0, "plain", hostile),
        message(1, hostile),
        message(2, { user: hostile, text: hostile }),
        message(3, { [hostile]: hostile }),
        message(4, [hostile, { time: hostile }, new TextEncoder().encode(hostile)]),
        message(5, { time: 1e300 }),
        message(9, "behind a gap", hostile),
        buildUserDataSei({ uuid, payload: Buffer.from(hostile) }),
      ]),
    );
    const raw = ["--profile", "inband", "--profile", "raw:1b5b3331-6d41-4243-4445-464748494a4b"];
    for (const args of [
      ["subscribe", file, ...raw],
      ["subscribe", file, ...raw, "--json"],
      ["subscribe", file, "--topic", hostile.replace("\0", "")],
      ["inspect", file],
      ["inspect", file, "--lint"],
      ["inspect", file, "--json", "--lint"],
    ]) {
      const { code, stdout, stderr } = await runInband(args);
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(stdout).not.toMatch(steering);
      expect(stderr).not.toMatch(steering);
      if (!args.includes("--json") || args[0] !== "subscribe") continue;
      const lines = stdout.split("\n").map((line) => JSON.parse(line) as { topic?: string; value: unknown });
      expect(lines[0]?.topic).toBe(hostile);
      expect(lines[1]?.value).toBe(hostile);
      expect(lines.at(-1)?.value).toBe(Buffer.from(hostile).toString("base64"));
    }
    for (const command of ["inspect", "subscribe", "publish"]) {
      const to = command === "publish" ? ["--to", "http://127.0.0.1:9"] : [];
      const { code, stderr } = await runInband([command, `${file}.missing`, ...to]);
      expect(code).toBe(1);
      expect(stderr).toContain("\\u001b]0;name");
      expect(stderr).not.toMatch(steering);
    }
  });

  it("steers no terminal, whatever a stage answers or is typed", async () => {
    const answers: Readonly<Record<string, [number, Record<string, string>, string]>> = {
      "/json": [403, {}, JSON.stringify({ error_code: hostile, error_message: hostile })],
      "/text": [403, {}, hostile],
      "/token": [401, {}, JSON.stringify({ error_code: hostile, error_message: hostile })],
      "/sdp": [201, {}, `v=0\r\n${hostile}`],
      "/redirect": [307, { location: "http://\x9b31m/" }, ""],
    };
    const server = createServer((request, response) => {
      request.resume();
      const [status, headers, body] = answers[request.url ?? ""] ?? [404, {}, hostile];
      response.writeHead(status, headers).end(body);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const asked = [...Object.keys(answers).map((path) => ({ path, debug: "" })), { path: "/json", debug: "1" }];
      const refused = asked.map(async ({ path, debug }) => {
        await using running = startInband(["subscribe", base + path], { INBAND_DEBUG: debug });
        const { code, stderr } = await running.ended;
        expect({ path, code }).toEqual({ path, code: 1 });
        expect(stderr).not.toMatch(steering);
      });
      await Promise.all(refused);
      const publish = await runInband(["publish", "test", "--to", `${base}/text`]);
      expect(publish.stderr).toContain("\\u001b]0;title");
      expect(publish.stderr).not.toMatch(steering);
    } finally {
      server.close();
    }
    const typed = hostile.replaceAll("\0", "");
    for (const args of [[typed], ["demo", `--${typed}`], ["subscribe", "x.mp4", "--profile", typed], ["help", typed]]) {
      const { code, stdout, stderr } = await runInband(args);
      expect(code).toBe(1);
      expect(stdout + stderr).not.toMatch(steering);
    }
  });
});
