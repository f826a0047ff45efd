import { asError, type CarrierLimits, steadyNowMs } from "@inband/stream";
import { CopyWindow } from "./copy-window.ts";
import { type IvsLocalStream, type RequestListener, requestEvent } from "./local-stream.ts";

/**
 * Hands payloads to the SDK. `insertSeiMessage` resolves whether or not it took the payload; within the call the stream
 * tells its listeners of those that it took, and of those that others hand over, which count against the same limits.
 */
export class StreamInserter {
  readonly #stream: IvsLocalStream;
  readonly #failed: (error: Error) => void;
  readonly #window = new CopyWindow();
  readonly #listener: RequestListener;
  #frameMs = 0;
  #isTaken = false;

  constructor(stream: IvsLocalStream, failed: (error: Error) => void) {
    this.#stream = stream;
    this.#failed = failed;
    this.#listener = (_stream, payload, options) => {
      this.#isTaken = true;
      this.#window.add(payload.byteLength, (options?.repeatCount ?? 0) + 1, steadyNowMs(), this.#frameMs);
    };
  }

  set frameMs(frameMs: number) {
    this.#frameMs = frameMs;
  }

  /** Whether a stage publishes the stream: then its participant listens, and before and after that nobody does. */
  get isPublished(): boolean {
    this.close();
    const isPublished = this.#stream.hasListenersFor(requestEvent as never);
    // A stream that is no longer published drops all listeners, so that this is done each time.
    this.#stream.on(requestEvent as never, this.#listener);
    return isPublished;
  }

  /** Bytes that may leave within the second and on the next frame. A payload larger than a limit goes alone. */
  room(limits: CarrierLimits): { readonly ofSecond: number; readonly ofNextFrame: number } {
    const nowMs = steadyNowMs();
    const inSecond = this.#window.ofSecond(nowMs);
    const onFrame = this.#window.ofNextFrame(nowMs, this.#frameMs);
    return {
      ofSecond: inSecond === 0 ? Number.POSITIVE_INFINITY : limits.bytesPerSecond - inSecond,
      ofNextFrame: onFrame === 0 ? Number.POSITIVE_INFINITY : limits.bytesPerAccessUnit - onFrame,
    };
  }

  /** Hands a payload over. False if the SDK did not take it. */
  insert(payload: Uint8Array, copies: number): boolean {
    this.#isTaken = false;
    this.#stream
      .insertSeiMessage(payload.slice().buffer, { repeatCount: copies - 1 })
      .catch((error: unknown) => this.#failed(asError(error)));
    return this.#isTaken;
  }

  close(): void {
    this.#stream.off(requestEvent as never, this.#listener);
  }
}
