import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildPackages, root, runNode } from "@inband/rig/repository";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

/** What a snippet takes as given, by where it runs: a name and its type. */
const given = {
  browser: {
    peerConnection: "RTCPeerConnection",
    receiver: "RTCRtpReceiver",
    videoElement: "HTMLVideoElement",
    video: "{ readonly current: HTMLVideoElement }",
    subscriber: 'import("@inband/subscriber").SeiSubscriber',
    browserFeed: 'typeof import("@inband/browser").browserFeed',
    publisher: 'import("@inband/publisher").SeiPublisher',
    camera: "MediaStream",
    sender: "RTCRtpSender",
    url: "string",
    token: "string",
    cameraTrack: "MediaStreamTrack",
    useEffect: "(effect: () => () => void, dependencies: readonly unknown[]) => void",
    SeiSubscriber: 'typeof import("@inband/subscriber").SeiSubscriber',
    signal: "AbortSignal",
    z: 'typeof import("zod")',
  },
  node: {
    peerConnection: 'import("werift").RTCPeerConnection',
    video: 'import("@inband/werift").WeriftVideo',
    accessUnit: 'import("@inband/h264").AccessUnit',
    carrier: 'import("@inband/stream").SeiCarrier',
    publisher: 'import("@inband/publisher").SeiPublisher',
    subscriber: 'import("@inband/subscriber").SeiSubscriber',
    transceiver: 'import("werift").RTCRtpTransceiver',
    track: 'import("node-datachannel").Track',
    incomingTrack: 'import("node-datachannel").Track',
    ssrc: "number",
    payloadType: "number",
    channel: 'import("@inband/data-channel").WebDataChannel',
    platform: 'import("@inband/stage-protocol").StagePlatform',
    incomingChannel: 'import("@inband/data-channel").IncomingWebDataChannel',
    exchange: '(connection: import("werift").RTCPeerConnection) => Promise<void>',
    videoFeed: 'import("@inband/stream").SeiFeed',
    packets:
      "{ listen(listener: (packet: { sequenceNumber: number; rtpTimestamp: number; payload: Uint8Array }) => void): () => void }",
    url: "string",
    token: "string",
    payload: "Uint8Array",
  },
} as const;

interface Snippet {
  readonly place: string;
  readonly text: string;
  readonly world: keyof typeof given;
}

/** The TypeScript of a document, a snippet that builds on those before it together with them. */
function snippetsOf(file: string): Snippet[] {
  const markdown = readFileSync(file, "utf8");
  const snippets: Snippet[] = [];
  let before = "";
  for (const match of markdown.matchAll(/^```ts\n(.*?)^```/gms)) {
    const text = match[1] ?? "";
    const line = markdown.slice(0, match.index).split("\n").length;
    const isPage =
      /\bpackages\/(subscriber|browser|hls|inband|ivs)\//.test(file) || /from "@inband\/browser/.test(text);
    const isOneProgram = file.includes("/h264/");
    if (isOneProgram) before += text;
    snippets.push({
      place: `${relative(root, file)}, line ${line}`,
      text: isOneProgram ? before : text,
      world: isPage ? "browser" : "node",
    });
  }
  return snippets;
}

function program({ text, world }: Snippet): string {
  const declarations = Object.entries(given[world]).filter(
    ([name]) => new RegExp(`\\b${name}\\b`).test(text) && !declares(text, name),
  );
  const own = /\bChat\b/.test(text) ? "type Chat = { text: string };\ntype Detection = { label: string };\n" : "";
  return `${text}\n${own}${declarations.map(([name, type]) => `declare const ${name}: ${type};`).join("\n")}\nexport {};\n`;
}

function declares(text: string, name: string): boolean {
  return new RegExp(
    `^\\s*(?:import|const|for await \\(const|for \\(const)\\s[^=;]*\\b${name}\\b[^=;]*(?:=|from| of )`,
    "m",
  ).test(text);
}

const files = ["README.md", ...globSync("packages/*/README.md", { cwd: root }).sort()].map((file) => join(root, file));
const snippets = files.flatMap(snippetsOf);

beforeAll(buildPackages);

describe("a snippet of the documents", () => {
  it("compiles in a strict application", () => {
    expect(snippets.length).toBeGreaterThan(10);
    mkdirSync(join(root, "test-results"), { recursive: true });
    const folder = mkdtempSync(join(root, "test-results/snippets-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const names = snippets.map((snippet, index) => {
      writeFileSync(join(folder, `snippet-${index}.ts`), program(snippet));
      return `snippet-${index}.ts`;
    });
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          ...{ strict: true, noEmit: true, skipLibCheck: true, module: "esnext", moduleResolution: "bundler" },
          ...{ target: "es2024", lib: ["es2024", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"] },
          types: ["node", "vite/client"],
        },
        files: names,
      }),
    );
    const { stdout } = runNode("node_modules/typescript/bin/tsc", "-p", folder, "--pretty", "false");
    const errors = stdout
      .split("\n")
      .filter((line) => line.includes("error TS"))
      .map((line) => line.replace(/^.*snippet-(\d+)\.ts/, (_, index) => snippets[Number(index)]?.place ?? ""));
    expect(errors).toEqual([]);
  });

  it.each(
    snippets
      .filter(({ text }) => /new Sei(Publisher|Subscriber)\b/.test(text) && /^import/m.test(text))
      .map((snippet) => [snippet.place, snippet.text]),
  )("that makes a publisher or a subscriber listens for errors: %s", (_place, text) => {
    expect(text).toMatch(/\.on\("error", /);
  });
});
