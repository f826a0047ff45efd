import { createStage, type Stage, type StageOptions, serveStage } from "@inband/stage/server";
import { onTestFinished } from "vitest";

/** A stage that listens on loopback and ends with the test. */
export async function servedStage(options: StageOptions = {}): Promise<{ stage: Stage; url: string }> {
  const stage = createStage(options);
  const served = await serveStage(stage);
  onTestFinished(async () => {
    await stage.close();
    await served.close();
  });
  return { stage, url: served.url };
}
