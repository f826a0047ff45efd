import { run } from "./task.mjs";

process.exitCode = await run("node", ["--expose-gc", "bench/index.ts", ...process.argv.slice(2)]);
