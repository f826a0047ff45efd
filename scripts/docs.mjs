import { join } from "node:path";
import { root, run } from "./task.mjs";

process.exitCode = await run("typedoc", process.argv.slice(2), { cwd: join(root, "docs") });
