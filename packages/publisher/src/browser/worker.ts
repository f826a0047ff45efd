/**
 * The worker of `@inband/publisher/browser`, self-contained. That entry point starts it by itself from a Blob;
 * build this file into your site and pass `new Worker(url)` as the option `worker` only where a Content-Security-Policy
 * forbids workers from Blobs. One worker serves all senders of a page.
 *
 * @module
 */
import { WakeTimer } from "../stream/wake-timer.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { CarrierTransformOptions, PageMessage, WorkerMessage } from "./protocol.ts";

const writers = new Map<number, FrameWriter>();
const post = (message: WorkerMessage): void => postMessage(message);

function writerOf(carrier: number): FrameWriter {
  let writer = writers.get(carrier);
  if (!writer) {
    writer = new FrameWriter(carrier, post);
    writers.set(carrier, writer);
  }
  return writer;
}

addEventListener("rtctransform", ({ transformer }) => {
  const options: Partial<CarrierTransformOptions> | undefined = transformer.options;
  if (options?.kind !== "carrier" || options.carrier === undefined) return;
  const { carrier, attempts } = options;
  const writer = writerOf(carrier);
  writer.connect(transformer.readable, transformer.writable);
  if (attempts) watch(writer, carrier, attempts);
});

function watch(writer: FrameWriter, carrier: number, attempts: number): void {
  const { passedFrames } = writer;
  const timer = new WakeTimer(() => {
    if (writer.passedFrames === passedFrames) post({ kind: "carrier-starved", carrier, attempts: attempts - 1 });
    else if (attempts > 1) watch(writer, carrier, attempts - 1);
  });
  timer.after(1000);
}

addEventListener("message", ({ data }: MessageEvent<PageMessage>) => {
  switch (data?.kind) {
    case "carrier-hello":
      return post({ kind: "carrier-ready" });
    case "carrier-open":
      return writerOf(data.carrier).open(data.publisher, data.limits);
    case "carrier-offer":
      return writerOf(data.carrier).offer(data.publisher, data.message);
    case "carrier-withdraw":
      return writerOf(data.carrier).withdraw(data.publisher, data.messageId);
    case "carrier-close":
      return writerOf(data.carrier).close(data.publisher);
    case "carrier-end":
      writerOf(data.carrier).end();
      writers.delete(data.carrier);
      return;
    case "carrier-streams":
      return writerOf(data.carrier).connect(data.readable, data.writable);
  }
});
