import { run } from "./task.mjs";

const built = await run("node", ["scripts/build-page.mjs"]);
process.exitCode = built || (await run("node", ["packages/cli/bin/inband.mjs", "demo", ...process.argv.slice(2)]));
