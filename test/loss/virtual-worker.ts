import { parentPort } from "node:worker_threads";
import { virtualRow } from "./virtual-cells.ts";
import type { VirtualTask } from "./virtual-rows.ts";

parentPort?.on("message", (task: VirtualTask) => parentPort?.postMessage(virtualRow(...task)));
