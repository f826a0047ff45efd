import { run } from "./task.mjs";

const built = await run("vite", ["build", "web", "--logLevel", "warn"]);
process.exitCode = built || (await run("node", ["packages/cli/bin/inband.mjs", "demo", ...process.argv.slice(2)]));
