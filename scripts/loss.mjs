import { run } from "./task.mjs";

process.exitCode = await run("node", ["test/loss/main.ts", ...process.argv.slice(2)]);
