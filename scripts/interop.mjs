import { run } from "./task.mjs";

const tests = ["run", "--project", "whole", "test/interop", ...process.argv.slice(2)];
process.exitCode = await run("vitest", tests, { env: { INBAND_INTEROP: "whole" } });
