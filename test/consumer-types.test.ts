import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPackages, root, runNode } from "@inband/rig/repository";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

/** What a careful application is compiled with: declarations are checked too, and nothing is there that it did not ask for. */
const options = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  target: "es2022",
  lib: ["es2022", "dom"],
  types: [],
  noEmit: true,
};
const resolutions = {
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

/** The doors whose types need nothing but what the platform has. */
const portable = `
import "@inband/h264";
import "@inband/h264/rtp";
import { inband } from "@inband/wire";
import { SeiPublisher } from "@inband/publisher";
import type { SeiCarrier, SeiFeed } from "@inband/stream";
import { browserCarrier, browserFeed } from "@inband/browser";
import "@inband/browser/whip";
import "@inband/stage-protocol";
import { dataChannelCarrier, dataChannelFeed } from "@inband/data-channel";
import { SeiSubscriber } from "@inband/subscriber";

export const publisher = new SeiPublisher<{ text: string }>({ profile: inband() });
export const subscriber = new SeiSubscriber<{ text: string }>();
declare const connection: RTCPeerConnection;
const carriers: SeiCarrier[] = connection.getSenders().map((sender) => browserCarrier(sender));
const feeds: SeiFeed[] = connection.getReceivers().map((receiver) => browserFeed(receiver));
carriers.push(dataChannelCarrier(connection.createDataChannel("messages")));
feeds.push(dataChannelFeed(connection.createDataChannel("messages")));
for (const carrier of carriers) publisher.attach(carrier)[Symbol.dispose]();
for (const feed of feeds) subscriber.attach(feed).close();
`;

/** Those whose types are of Node and of werift too. */
const ofWerift = `
import "@inband/werift";
import "@inband/werift";
import "@inband/stage/client";
import "@inband/stage/server";
`;

/** Those whose types are of a peer dependency, or of Node. */
const ofPeers = `
import "@inband/hls";
import { ivsCarrier, ivsFeed } from "@inband/ivs";
import type { LocalStageStream, Stage } from "amazon-ivs-web-broadcast";
declare const localStageStream: LocalStageStream;
declare const stage: Stage;
export const carrierAndFeed = [ivsCarrier(localStageStream), ivsFeed(stage)];
import "@inband/node-datachannel";
import "@inband/node-datachannel";
import "@inband/media";
import "@inband/h264/encoder";
`;

beforeAll(buildPackages);

/** The errors of a program of one module, each a line. */
function errorsOf(source: string, more: object): string[] {
  mkdirSync(join(root, "test-results"), { recursive: true });
  const folder = mkdtempSync(join(root, "test-results/consumer-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "application.mts"), source);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...options, ...more }, files: ["application.mts"] }),
  );
  const { stdout, stderr } = runNode("node_modules/typescript/bin/tsc", "-p", folder, "--pretty", "false");
  return (stdout + stderr).split("\n").filter((line) => /error TS/.test(line));
}

describe.each(Object.entries(resolutions))("a strict application that resolves as %s", (_name, resolution) => {
  it("compiles against the doors of browsers, declarations included", () => {
    expect(errorsOf(portable, resolution)).toEqual([]);
  });

  it("finds no error in a declaration of inband at the doors of Node and of peers", () => {
    const errors = errorsOf(ofWerift + ofPeers, { ...resolution, types: ["node"] });
    expect(errors.filter((error) => !/^(\.\.\/)*node_modules\//.test(error))).toEqual([]);
    console.log(`declarations of others: ${errors.map((error) => error.split(":")[0]).join(", ") || "no error"}`);
  });
});
