/** Writes docs/interop.md of the parts that the test files of a whole run have left. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchChromium } from "@inband/rig/chromium/browser";
import { markdownTable } from "@inband/rig/markdown-table";
import { root } from "@inband/rig/repository";
import { partNames, partsFolder, type ReportPart } from "./report.ts";

const browser = await launchChromium();
const chromium = `Chromium ${browser.version()}`;
await browser.close();

const parts = partNames.map((name) => {
  const file = join(partsFolder, `${name}.json`);
  if (!existsSync(file)) throw new Error(`The part ${name} is missing: its tests ended without writing it.`);
  return partText(JSON.parse(readFileSync(file, "utf8")) as ReportPart);
});

writeFileSync(
  join(root, "docs/interop.md"),
  `# Interoperability

Written by \`npm run test:interop\` on ${new Date().toISOString().slice(0, 10)}: real peers and real servers on one machine, over WebRTC and without loss. Each message is 2 to 502 bytes of zeros, start codes and other bytes that have gone wrong somewhere, under the UUID of Amazon IVS, and is compared byte for byte. Receivers of inband tell of each message once; others tell of every copy.

"On its picture" compares the picture that the sender's receipt names with the one that the receiver names: by the number of the picture, which is burnt into it and read from what was decoded (or found by the bytes of its slice), or by RTP timestamps, which must be as far apart for one message as for all others. Where one of the two names no picture there is nothing to compare.

Pages ran in ${chromium}.

${parts.join("\n\n")}

Scenes of the Amazon IVS SDK (simulcast, mute, leave and join again, kick, token exchange, refusals, a closed tab) are in \`test/interop/ivs\` and run in \`npm test\`.
`,
);

function partText({ heading, text, head, rows, versions, unavailable }: ReportPart): string {
  const missing = unavailable.map((line) => `- unavailable: ${line}`).join("\n");
  return [`## ${heading}`, text, `Peers: ${versions.join(", ")}.`, markdownTable([head, ...rows]), missing]
    .filter(Boolean)
    .join("\n\n");
}
