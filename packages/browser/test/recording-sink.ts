import type { SeiSink } from "@inband/stream";

export interface Heard {
  readonly text: string;
  readonly stream: string;
  readonly rtpTimestamp: number | undefined;
  readonly isKeyFrame: boolean | undefined;
}

/** Writes down what a feed delivers under one UUID. */
export class RecordingSink implements SeiSink {
  readonly heard: Heard[] = [];
  readonly errors: Error[] = [];
  /** What it was told of the source. */
  readonly life: string[] = [];
  accessUnitCount = 0;
  brokenCount = 0;
  readonly #uuid: string;

  constructor(uuid: Uint8Array) {
    this.#uuid = String(uuid);
  }

  get texts(): string[] {
    return this.heard.map(({ text }) => text);
  }

  userData: SeiSink["userData"] = ({ uuid, payload }, { stream, rtpTimestamp, isKeyFrame }) => {
    if (String(uuid) !== this.#uuid) return;
    this.heard.push({ text: new TextDecoder().decode(payload), stream, rtpTimestamp, isKeyFrame });
  };

  accessUnits(count: number): void {
    this.accessUnitCount += count;
  }

  broken(count: number): void {
    this.brokenCount += count;
  }

  failed(error: Error): void {
    this.errors.push(error);
  }

  stalled(reason: string): void {
    this.life.push(`stalled: ${reason}`);
  }

  ended(reason: string): void {
    this.life.push(`ended: ${reason}`);
  }
}
