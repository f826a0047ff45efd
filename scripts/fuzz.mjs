import { run } from "./task.mjs";

process.exitCode = await run("node", ["test/fuzz/main.ts", ...process.argv.slice(2)]);
