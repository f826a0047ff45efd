import { run } from "./task.mjs";

process.exitCode = await run("node", ["test/chaos/main.ts", ...process.argv.slice(2)]);
