import type { Figures } from "./row.ts";
import type { ShownFrames } from "./shown-frames.ts";

/** What a message of a run holds. */
export interface NumberedMessage {
  readonly n: number;
  /** Number of the picture that it was published with. */
  readonly picture: number;
  readonly data: Uint8Array;
}

interface Arrival {
  readonly picture: number;
  readonly rtpTimestamp: number | undefined;
  readonly isExact: boolean;
}

/** Counts what comes on one way. */
export class PathTally {
  sent = 0;
  problem: string | undefined;
  readonly #payloads: readonly Uint8Array[];
  readonly #frames: ShownFrames;
  /** A message may ride so many pictures beside the one that it was published with. */
  readonly #tolerance: number;
  readonly #arrivals = new Map<number, Arrival>();
  #twice = 0;

  constructor(payloads: readonly Uint8Array[], frames: ShownFrames, tolerance: number) {
    this.#payloads = payloads;
    this.#frames = frames;
    this.#tolerance = tolerance;
  }

  get received(): number {
    return this.#arrivals.size;
  }

  add({ n, picture, data }: NumberedMessage, rtpTimestamp: number | undefined): void {
    if (this.#arrivals.has(n)) this.#twice += 1;
    else this.#arrivals.set(n, { picture, rtpTimestamp, isExact: isSame(data, this.#payloads[n]) });
  }

  freeze(): void {
    this.#frames.freeze();
  }

  figures(): Figures {
    const arrivals = [...this.#arrivals.values()];
    const seen = arrivals.flatMap(({ picture, rtpTimestamp }) => {
      const shown = this.#frames.numberAt(rtpTimestamp);
      return shown === undefined ? [] : [Math.abs(shown - picture)];
    });
    return {
      sent: this.sent,
      received: arrivals.length,
      twice: this.#twice,
      exact: arrivals.filter(({ isExact }) => isExact).length,
      onFrame: seen.filter((away) => away <= this.#tolerance).length,
      framesSeen: seen.length,
      framesDecoded: this.#frames.decoded,
      ...(this.problem !== undefined && { problem: this.problem }),
    };
  }
}

export function isNumberedMessage(value: unknown): value is NumberedMessage {
  const { n, picture, data } = Object(value);
  return Number.isInteger(n) && Number.isInteger(picture) && data instanceof Uint8Array;
}

function isSame(data: Uint8Array, expected: Uint8Array | undefined): boolean {
  return data.length === expected?.length && data.every((byte, index) => byte === expected[index]);
}
