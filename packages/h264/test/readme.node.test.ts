import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";

it("prints what the README says that it prints", async () => {
  const folder = join(import.meta.dirname, "..");
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string);
  expect(blocks.length).toBe(6);
  const code = blocks.join("\n");
  const said = [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].flatMap(([, text]) =>
    (text as string).split(", then "),
  );

  // Beside the other packages, where the doors resolve.
  const place = await mkdtemp(join(folder, "../../node_modules/.inband-readme-"));
  onTestFinished(() => rm(place, { recursive: true }));
  const file = join(place, "readme.mjs");
  await writeFile(file, code);
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=@inband/source", file]);
  expect(stdout.trim().split("\n")).toEqual(said);
});
