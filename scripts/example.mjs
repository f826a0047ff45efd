import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./task.mjs";

const [name, ...args] = process.argv.slice(2);
const names = readdirSync(join(root, "examples"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

if (names.includes(name)) {
  process.exitCode = await run("node", [`examples/${name}.ts`, ...args]);
} else {
  console.error(`usage: npm run example NAME, where NAME is one of: ${names.join(", ")}`);
  process.exitCode = 1;
}
