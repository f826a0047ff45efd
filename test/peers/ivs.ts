import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compileFunction, runInThisContext } from "node:vm";

/** What the encoded transforms of browsers hand to a transform. */
export interface EncodedFrame {
  data: ArrayBuffer;
  getMetadata(): { synchronizationSource: number };
}

/** What the worker posts for each frame. */
export interface IvsResult {
  readonly success: boolean;
  readonly seiResult?: readonly { readonly uuid: Uint8Array; readonly payload: Uint8Array }[];
}

/** The transforms of the worker. */
export interface IvsWorker {
  receive(frame: EncodedFrame): IvsResult;
  queue(payload: Uint8Array): void;
  send(frame: EncodedFrame): IvsResult;
  /** Its emulation prevention, cut out of the worker text: bytes that begin with 00 00 01 -> a list of numbers. */
  escape(bytes: Uint8Array): number[];
}

/** The name of the peer, with the installed version. */
export let ivsName = "Amazon IVS Web SDK";

/**
 * The worker of the Amazon IVS Web Broadcast SDK: its text is found in the installed bundle and run unmodified, with
 * stand-ins for `self` and `TransformStream` that hand over its transform functions.
 */
export function loadIvsWorker(): IvsWorker {
  const require = createRequire(import.meta.url);
  const bundlePath = require.resolve("amazon-ivs-web-broadcast");
  const manifest = readFileSync(join(dirname(bundlePath), "../package.json"), "utf8");
  ivsName = `Amazon IVS Web SDK ${JSON.parse(manifest).version} worker`;
  const workerText = findWorkerText(readFileSync(bundlePath, "utf8"));

  type Transform = (frame: EncodedFrame, controller: { enqueue(frame: EncodedFrame): void }) => void;
  const transforms: Transform[] = [];
  const listeners = new Map<string, (event: unknown) => void>();
  let result: IvsResult = { success: false };
  const self = {
    addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
    postMessage: (message: IvsResult) => {
      result = message;
    },
  };
  class TransformStream {
    constructor({ transform }: { transform: Transform }) {
      transforms.push(transform);
    }
  }
  compileFunction(workerText, ["self", "TransformStream"])(self, TransformStream);
  const post = (data: unknown): void => listeners.get("message")?.({ data });
  const streams = { readable: { pipeThrough: () => ({ pipeTo: () => undefined }) }, writable: {} };
  post({ operation: "video/receive", transformerId: "receive", ...streams });
  post({ operation: "video/send", transformerId: "send", ...streams });
  const [receive, send] = transforms;
  if (receive === undefined || send === undefined) throw new Error("The IVS worker made no transforms");
  const controller = { enqueue: () => undefined };
  return {
    receive: (frame) => {
      receive(frame, controller);
      return result;
    },
    queue: (payload) => post({ operation: "insertSei", transformerId: "send", payload, repeatCount: 0 }),
    send: (frame) => {
      send(frame, controller);
      return result;
    },
    escape: findEscape(workerText),
  };
}

/** The string literal that the bundle makes its worker of. */
function findWorkerText(bundle: string): string {
  const start = bundle.indexOf("'/*! For license information please see transform.worker");
  let end = start + 1;
  while (start >= 0 && end < bundle.length && bundle[end] !== "'") end += bundle[end] === "\\" ? 2 : 1;
  if (start < 0 || end >= bundle.length) throw new Error("The IVS bundle holds no transform worker");
  return runInThisContext(bundle.slice(start, end + 1)) as string;
}

function findEscape(workerText: string): (bytes: Uint8Array) => number[] {
  const start = workerText.indexOf("function(e){const t=[...e];let n=3;");
  const end = workerText.indexOf("return t}", start);
  if (start < 0 || end < 0) throw new Error("The IVS worker holds no emulation prevention");
  return runInThisContext(`(${workerText.slice(start, end)}return t})`) as (bytes: Uint8Array) => number[];
}
