import { join } from "node:path";
import { afterAll, beforeAll, type TestContext } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

/** A new empty folder that is removed at the end of the test; resolves with what makes the path of a file in it. */
export async function folder(context: Pick<TestContext, "onTestFinished">): Promise<(name: string) => string> {
  const made = await temporaryFolder();
  context.onTestFinished(() => made[Symbol.asyncDispose]());
  return made.file;
}

/** A new empty folder for all tests of a suite or file, which calls this while it is collected. */
export function suiteFolder(): (name: string) => string {
  let made: TemporaryFolder | undefined;
  beforeAll(async () => {
    made = await temporaryFolder();
  });
  afterAll(() => made?.[Symbol.asyncDispose]());
  return (name) => join(made?.path ?? "", name);
}
