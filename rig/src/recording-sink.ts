import type { SeiSink, UserDataPlace } from "@inband/stream";

/** A message as a feed delivered it, its payload as text. */
export interface Heard extends UserDataPlace {
  readonly text: string;
}

/** A sink that remembers what a feed has delivered. */
export class RecordingSink implements SeiSink {
  readonly heard: Heard[] = [];
  readonly errors: Error[] = [];
  /** What it was told of the source. */
  readonly life: string[] = [];
  accessUnitCount = 0;
  brokenCount = 0;
  readonly #uuid: string | undefined;

  /** @param uuid Messages under others are left out. @defaultValue all are remembered */
  constructor(uuid?: Uint8Array) {
    this.#uuid = uuid && String(uuid);
  }

  get texts(): string[] {
    return this.heard.map(({ text }) => text);
  }

  userData: SeiSink["userData"] = ({ uuid, payload }, place) => {
    if (this.#uuid !== undefined && String(uuid) !== this.#uuid) return;
    this.heard.push({ ...place, text: new TextDecoder().decode(payload) });
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
