/**
 * A stage in a process of its own, for `SeparateStage`: it listens, says so, and answers each question for a report. It ends
 * when its parent disconnects.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createStage, serveStage } from "@inband/stage/server";
import { collectGarbage } from "../garbage.ts";
import type { StageProcessAnswer, StageProcessOptions, StageProcessQuestion, StageReport } from "./separate-stage.ts";

const { port, secret, ...options }: StageProcessOptions = JSON.parse(process.argv[2] ?? "");
const stage = createStage({ ...options, secret: Buffer.from(secret, "hex") });
const served = await serveStage(stage, { port });
process.once("disconnect", () => process.exit());
process.on("message", async (question: StageProcessQuestion) => {
  if (question === "close") {
    await stage.close();
    await served.close();
  }
  if (question !== "usage") await settle();
  say({ report: report() });
});
say({ url: served.url });

/** What has finalizers is freed by the next turn, and what came of it by the one after. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await sleep(20);
  }
}

function report(): StageReport {
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const { rss, heapUsed, heapTotal, arrayBuffers, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    participants: stage.participants(),
    resources,
    memory: {
      residentBytes: rss,
      heapBytes: heapUsed,
      committedHeapBytes: heapTotal,
      bufferBytes: arrayBuffers,
      externalBytes: external,
    },
    cpuUs: user + system,
  };
}

function say(answer: StageProcessAnswer): void {
  process.send?.(answer);
}
