import { execFile } from "node:child_process";
import { promisify } from "node:util";

// maxRSS would begin with what the process that starts this one has taken.
const program = `
import { inspect } from "@inband/media/inspect";
const before = process.memoryUsage.rss();
let most = before;
const look = () => { most = Math.max(most, process.memoryUsage.rss()); };
const timer = setInterval(look, 5);
await inspect(process.argv[1], { lint: process.argv[2] === "true" });
clearInterval(timer);
look();
console.log(most - before);
`;

/** In MiB. Without it the garbage counts too, which V8 collects when it likes: later where the machine is busy. */
const heapFlags = ["--max-old-space-size=128", "--max-semi-space-size=16"];

/** How many bytes more than before a process of its own takes at most while it inspects a file. */
export async function memoryOfInspect(path: string, lint: boolean): Promise<number> {
  const options = [
    ...heapFlags,
    "--conditions=@inband/source",
    "--input-type=module",
    "--eval",
    program,
    "--",
    path,
    String(lint),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: import.meta.dirname });
  return Number(stdout);
}
