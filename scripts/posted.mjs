import { run } from "./task.mjs";

process.exitCode = await run("node", ["test/posted/main.ts", ...process.argv.slice(2)]);
