import type { WebDataChannel } from "@inband/data-channel";

/** A channel whose state and buffer a test sets. */
export class ScriptedChannel extends EventTarget implements WebDataChannel {
  readonly label = "scripted";
  readyState = "open";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  /** What `send` throws, once set. */
  fault: Error | undefined;
  readonly messages: Uint8Array[] = [];

  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.fault) throw this.fault;
    this.messages.push(data);
    this.bufferedAmount += data.length;
  }

  get texts(): string[] {
    return this.messages.map((message) => new TextDecoder().decode(message.subarray(16)));
  }

  opens(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }

  drains(): void {
    this.bufferedAmount = 0;
    this.dispatchEvent(new Event("bufferedamountlow"));
  }

  closes(): void {
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
  }
}
