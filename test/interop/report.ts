import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "@inband/rig/markdown-table";
import { root } from "@inband/rig/repository";
import type { Receiver, Sender } from "./ends.ts";
import type { Tally } from "./tally.ts";

/** What came of one sender at one receiver. */
export interface CellResult {
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly sent: number;
  readonly tally: Tally;
  /** Pictures decoded meanwhile; undefined where the receiver decodes none. */
  readonly pictures: number | undefined;
}

const head = ["from", "to", "sent", "received", "copies told", "changed", "on a frame", "pictures decoded"];

/**
 * Writes docs/interop.md.
 *
 * @param browser The browser that pages ran in, with its version.
 */
export function writeInteropReport(results: readonly CellResult[], browser: string): void {
  const rows = results.map(({ sender, receiver, sent, tally, pictures }) => [
    ...[sender.name, receiver.name, String(sent), String(tally.received)],
    receiver.tellsCopies ? String(tally.copies) : `${tally.copies}, each once`,
    String(tally.changed),
    receiver.tellsCopies ? "tells none" : String(tally.onFrame),
    pictures === undefined ? "decodes none" : String(pictures),
  ]);
  const versions = new Set([...results.flatMap(({ sender, receiver }) => [sender.version, receiver.version]), browser]);
  const text = `# Interoperability

Written by \`npm run test:interop\` on ${new Date().toISOString().slice(0, 10)}: real peers that publish to the stage of this repository and receive from it, over WebRTC on one machine, without loss. Each message is 2 to 502 bytes of zeros, start codes and other bytes that have gone wrong somewhere, under the UUID of Amazon IVS, and is compared byte for byte. Messages that are posted to the stage instead, into video that knows none, travel in envelopes of inband, which the Amazon IVS SDK does not read. It sends each message on two frames here, and tells its application of every copy; receivers of inband tell of each message once.

Peers: ${[...versions].filter(Boolean).join(", ")}.

${markdownTable([head, ...rows])}

Scenes of the Amazon IVS SDK (simulcast, mute, leave and join again, kick, token exchange, refusals, a closed tab) are in \`test/interop/ivs\` and run in \`npm test\`.
`;
  writeFileSync(join(root, "docs/interop.md"), text);
}
