import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@inband/rig/repository";
import { type CellResult, isWhole } from "./cells.ts";
import type { Peer } from "./ends.ts";

/** Where the parts wait for the test run to end: each test file writes its own. */
export const partsFolder: string = join(root, "test-results/interop");

/** The parts of docs/interop.md, in their order. */
export const partNames = ["stage", "middles", "dependency-descriptor", "stages-sei", "without-h264"] as const;

/** One part of docs/interop.md. */
export interface ReportPart {
  readonly heading: string;
  /** What was done, and what the columns say. */
  readonly text: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Versions of what took part. */
  readonly versions: readonly string[];
  /** What did not take part, and why. */
  readonly unavailable: readonly string[];
}

/** The columns of `cellRow`. */
export const cellHead: readonly string[] = [
  ...["from", "to", "sent", "received", "delivered twice", "changed", "on its picture", "pictures decoded"],
];

/** Writes a part for `npm run test:interop`; does nothing in `npm test`. */
export function writeReportPart(
  name: (typeof partNames)[number],
  { peers, ...part }: Omit<ReportPart, "versions" | "unavailable"> & { readonly peers: readonly Peer[] },
): void {
  if (!isWhole) return;
  const versions = peers.filter(({ unavailable }) => !unavailable).flatMap(({ version }) => version ?? []);
  const unavailable = peers.flatMap(({ name, unavailable }) => (unavailable ? [`${name}: ${unavailable}`] : []));
  mkdirSync(partsFolder, { recursive: true });
  const whole: ReportPart = { ...part, versions: unique(versions), unavailable: unique(unavailable) };
  writeFileSync(join(partsFolder, `${name}.json`), JSON.stringify(whole));
}

/** A cell as a row of a table. */
export function cellRow(cell: CellResult): string[] {
  const { from, to, sent, received, copies, changed, binding, pictures, tellsCopies } = cell;
  const why = cell.failure ?? (received < sent ? (cell.spoiled ?? withheld(cell)) : undefined);
  const twice = tellsCopies ? `tells all ${copies} copies` : String(copies - received);
  return [
    ...[from, to, String(sent), why ? `${received}: ${why}` : String(received), twice, String(changed)],
    binding ? `${binding.right} of ${binding.compared}, by ${binding.by}` : "not named by both",
    pictures === undefined ? "decodes none" : String(pictures),
  ];
}

function withheld({ account }: CellResult): string | undefined {
  if (!account || account.withheld.length === 0) return undefined;
  const { withheld, pauseMs } = account;
  return `the server sent on none of the pictures with ${withheld.length}, and nothing for up to ${Math.round(pauseMs)} ms`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
