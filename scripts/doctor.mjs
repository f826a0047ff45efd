import { run } from "./task.mjs";

const tests = ["run", "--project", "whole", "test/doctor", ...process.argv.slice(2)];
process.exitCode = await run("vitest", tests, { env: { INBAND_DOCTOR: "whole" } });
