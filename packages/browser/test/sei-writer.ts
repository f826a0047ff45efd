import { buildSei, buildUserDataUnregistered } from "@inband/h264";
import { startWorker } from "@inband/rig/page/worker";

const WRITER = `
const waiting = [];
onmessage = ({ data }) => waiting.push(data);
onrtctransform = ({ transformer: { readable, writable } }) => readable.pipeThrough(new TransformStream({
  transform(frame, controller) {
    const nal = waiting.shift();
    if (nal) {
      const bytes = new Uint8Array(4 + nal.length + frame.data.byteLength);
      bytes.set([0, 0, 0, 1]);
      bytes.set(nal, 4);
      bytes.set(new Uint8Array(frame.data), 4 + nal.length);
      frame.data = bytes.buffer;
    }
    controller.enqueue(frame);
  },
})).pipeTo(writable).catch(() => undefined);`;

export const uuid: Uint8Array = new TextEncoder().encode("inband-test-uuid");

/** Puts one SEI NAL unit at the front of each frame of a sender, as long as there are some. */
export class SeiWriter {
  readonly #worker = startWorker(WRITER);

  connect(sender: RTCRtpSender): void {
    sender.transform = new RTCRtpScriptTransform(this.#worker, {});
  }

  write(text: string): void {
    this.writeNal(
      buildSei([
        { payloadType: 5, payload: buildUserDataUnregistered({ uuid, payload: new TextEncoder().encode(text) }) },
      ]),
    );
  }

  writeNal(nal: Uint8Array): void {
    this.#worker.postMessage(nal);
  }

  close(): void {
    this.#worker.terminate();
  }
}
