import { run } from "./task.mjs";

process.exitCode = await run("node", ["test/soak/main.ts", ...process.argv.slice(2)]);
