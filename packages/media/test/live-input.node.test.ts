import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinAnnexB } from "@inband/h264";
import { H264Payloader } from "@inband/h264/rtp";
import { openBitstream, openSource } from "@inband/media";
import { folder } from "@inband/rig/test-folder";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Pictures, pictures } from "./pictures.ts";

const count = 60;

/** A port that nobody has, with the next one for RTCP. */
async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    socket.close();
    if (port % 2 === 0) return port;
  }
}

/** Sends pictures over and over as RTP, one every 10 ms, until it is told to end. */
function sendRtp({ sps, pps, accessUnits }: Pictures, port: number): Disposable {
  const socket: Socket = createSocket("udp4");
  const payloader = new H264Payloader();
  let sequenceNumber = 1;
  let index = 0;
  const timer = setInterval(() => {
    const nalUnits = accessUnits[index % accessUnits.length] ?? [];
    const sets = index % 5 === 0 ? [...sps, ...pps] : [];
    for (const { payload, marker } of payloader.payloads([...sets, ...nalUnits])) {
      const header = Buffer.from([0x80, 96 | (marker ? 0x80 : 0), 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
      header.writeUInt16BE(sequenceNumber++ & 0xffff, 2);
      header.writeUInt32BE(index * 3600, 4);
      socket.send(Buffer.concat([header, payload]), port, "127.0.0.1");
    }
    index += 1;
  }, 10);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}

const description = (port: number): string =>
  ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"].join("\r\n") +
  `\r\nm=video ${port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n`;

describe("RTP by a session description", () => {
  it.for(["stream.sdp", "stream"])("comes as access units from a file named %s", async (name, context) => {
    const path = await folder(context);
    const port = await freePort();
    await writeFile(path(name), description(port));
    using _sender = sendRtp(await pictures(128, 96, count), port);
    await using source = await openSource(path(name));
    expect(source.info).toMatchObject({ format: "sdp", video: { codec: "h264", width: 128, height: 96 } });
    const times: number[] = [];
    for await (const packet of source) if (packet.kind === "video" && times.push(packet.timestamp) === count) break;
    expect(times[0]).toBe(0);
    expect(times.map((time) => time % 40_000)).toEqual(new Array(count).fill(0));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("comes as NAL units, and ends by the signal", async (context) => {
    const path = await folder(context);
    const port = await freePort();
    await writeFile(path("stream.sdp"), description(port));
    using _sender = sendRtp(await pictures(128, 96, count), port);
    const ending = new AbortController();
    await using bitstream = await openBitstream(path("stream.sdp"), { signal: ending.signal });
    expect(bitstream).toMatchObject({ format: "sdp", framing: "annexb", sizeBytes: undefined });
    let groups = 0;
    const reading = (async () => {
      for await (const _group of bitstream) if (++groups === 20) ending.abort(new Error("enough"));
    })();
    await reading.catch((error: unknown) => expect(error).toMatchObject({ message: "enough" }));
    expect(groups).toBe(20);
  });
});

describe("a named pipe", () => {
  /** Of each test alone: other programs of this machine read pipes, too. */
  let temporary = "";

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), "inband-live-"));
    vi.stubEnv("TMPDIR", temporary);
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    const left = (await readdir(temporary)).filter((name) => name.startsWith("inband-pipe-"));
    await rm(temporary, { recursive: true });
    expect(left).toEqual([]);
  });

  it("is read to its end", async (context) => {
    const path = await folder(context);
    execFileSync("mkfifo", [path("pipe")]);
    const { sps, pps, accessUnits } = await pictures(128, 96, count);
    const writer = createWriteStream(path("pipe"));
    writer.end(joinAnnexB([...sps, ...pps, ...accessUnits.flat()]));
    let found = 0;
    for await (const packet of await openSource(path("pipe"))) if (packet.kind === "video") found += 1;
    expect(found).toBe(count);
  });

  it.for(["nobody writes", "the writer is silent", "the writer falls silent"])(
    "lets go of its reader when %s",
    async (kind, context) => {
      const path = await folder(context);
      execFileSync("mkfifo", [path("pipe")]);
      const ending = new AbortController();
      const reason = new Error("enough");
      if (kind === "nobody writes") {
        setTimeout(() => ending.abort(reason), 50);
      } else {
        const writer = createWriteStream(path("pipe"));
        context.onTestFinished(() => void writer.destroy());
        const { sps, pps, accessUnits } = await pictures(128, 96, count);
        const bytes = joinAnnexB([...sps, ...pps, ...accessUnits.flat()]);
        writer.write(bytes.subarray(0, kind === "the writer is silent" ? 3 : bytes.length), () => {
          setTimeout(() => ending.abort(reason), 50);
        });
      }
      const reading = (async () => {
        for await (const _packet of await openSource(path("pipe"), { signal: ending.signal }));
      })();
      await expect(reading).rejects.toBe(reason);
    },
  );
});
