import { run } from "./task.mjs";

process.env.INBAND_INTEROP = "whole";
process.exitCode = await run("vitest", ["run", "--project", "whole", "test/interop", ...process.argv.slice(2)]);
