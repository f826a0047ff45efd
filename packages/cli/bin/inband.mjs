#!/usr/bin/env node
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  console.error(`inband needs Node 20.12 or later; this is Node ${process.versions.node}.`);
  process.exit(1);
}

// FFmpeg waits for each input and output in a thread of a pool that has 4: four silent servers stop the whole process.
process.env.UV_THREADPOOL_SIZE ??= "16";

// Until the command takes them over, there is nothing to end but this.
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
const end = () => process.exit(0);
for (const signal of signals) process.on(signal, end);

let main;
try {
  ({ main } = await import("@inband/cli"));
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || process.env.INBAND_DEBUG) throw error;
  console.error(
    error.message.includes("/cli/dist/")
      ? "inband is not built: run `npm run build`, or run it from its sources with `node --conditions=@inband/source`."
      : `inband is not installed whole: ${error.message}`,
  );
  process.exit(1);
}
const ended = main(process.argv.slice(2));
for (const signal of signals) process.off(signal, end);
process.exit(await ended);
