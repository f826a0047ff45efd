import { needsFfmpeg } from "@inband/rig/ffmpeg";
import { Random } from "@inband/rig/random";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import { describe, expect, it } from "vitest";
import { type ChainPlan, planText, randomPlan, startChain } from "./chain.ts";
import { examine, type HopReport } from "./examine.ts";
import type { Deed } from "./hop.ts";

/** `npm run test:doctor` runs them all. */
const isWhole = process.env.INBAND_DOCTOR === "whole";
const chains = 50;
/** The goal of every chain. */
const withinMs = 10_000;

const planted = ["transcode", "drop", "truncate", "merge"] as const;

/** Whether doctor says of a planted hop what it does. */
const isFound: Readonly<Record<Deed, (hop: HopReport) => boolean>> = {
  copy: ({ explanations }) => explanations.length === 0,
  transcode: (hop) => names(hop, "re-encoded") && hop.messages?.kept === 0,
  drop: (hop) => names(hop, "sei-dropped") && hop.messages?.kept === 0,
  truncate: (hop) => names(hop, "size-cut") && (hop.messages?.truncated ?? 0) > 0,
  merge: (hop) => names(hop, "merged") && (hop.messages?.merged ?? 0) > 0,
  double: (hop) => names(hop, "doubled") && hop.messages?.doubled === hop.messages?.sent,
  reverse: (hop) => names(hop, "reordered") && (hop.messages?.reordered ?? 0) > 0,
};

function names({ explanations }: HopReport, wanted: string): boolean {
  return explanations.some(({ code }) => code === wanted);
}

async function examineChain(plan: ChainPlan, withinSeconds?: number): Promise<Awaited<ReturnType<typeof examine>>> {
  await using folder = await temporaryFolder();
  await using chain = await startChain(plan, folder.file);
  return await examine([chain.to, chain.end], withinSeconds);
}

/** One of each deed, over each link. */
const short: readonly (readonly [Deed, ChainPlan])[] = [
  ["copy", { hops: [{ deed: "copy", link: "rtmp" }], out: "srt" }],
  ["transcode", { hops: [{ deed: "transcode", link: "srt" }], out: "tcp" }],
  ["drop", { hops: [{ deed: "drop", link: "rtmp" }], out: "mkv" }],
  ["truncate", { hops: [{ deed: "truncate", link: "tcp" }], out: "srt" }],
  ["merge", { hops: [{ deed: "merge", link: "srt" }], out: "ts" }],
];
const more: readonly (readonly [Deed, ChainPlan])[] = [
  ["double", { hops: [{ deed: "double", link: "tcp" }], out: "tcp" }],
  ["reverse", { hops: [{ deed: "reverse", link: "tcp" }], out: "flv" }],
];

describe.concurrent("inband doctor", () => {
  for (const [deed, plan] of isWhole ? [...short, ...more] : short) {
    it(`tells what ${planText(plan)} does`, async (context) => {
      needsFfmpeg(context);
      const { code, report } = await examineChain(plan);
      const [hop] = report.hops as [HopReport];
      expect(isFound[deed](hop), JSON.stringify({ ...hop, harmed: undefined })).toBe(true);
      expect(code).toBe(deed === "copy" || deed === "merge" ? 0 : 1);
    });
  }
});

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function examineRandomChains(seed: number): Promise<number> {
  const random = new Random(seed);
  let hits = 0;
  let longestMs = 0;
  for (let index = 0; index < chains; index += 1) {
    const deed = random.pick(planted);
    const plan = randomPlan(random, deed);
    const { code, report } = await examineChain(plan, withinMs / 1000);
    const [hop] = report.hops as [HopReport];
    expect(code).toBe(report.isKept ? 0 : 1);
    const isHit = isFound[deed](hop) && report.tookMs <= withinMs;
    hits += isHit ? 1 : 0;
    longestMs = Math.max(longestMs, report.tookMs);
    const said = hop.explanations.map((one) => one.code).join(", ") || hop.outcome;
    process.stdout.write(`${isHit ? "found " : "MISSED"} ${seconds(report.tookMs)}  ${planText(plan)}: ${said}\n`);
  }
  process.stdout.write(`${hits} of ${chains} found, seed ${seed}, the longest in ${seconds(longestMs)}\n`);
  return hits;
}

if (isWhole) {
  describe("inband doctor, on random chains", () => {
    const goal = `finds the planted hop in ${chains} of ${chains}, each within ${seconds(withinMs)}`;
    it(goal, { timeout: 3_600_000 }, async (context) => {
      needsFfmpeg(context);
      expect(await examineRandomChains(Number(process.env.INBAND_SEED ?? 1))).toBe(chains);
    });
  });
}
