/// <reference lib="esnext.disposable" preserve="true" />

import type { SeiSink } from "@inband/stream";
import type { RTCDtlsTransport, RTCRtpTransceiver } from "werift";

/** Reports the end of the connection through which a transceiver receives. Negotiation decides which one that is. */
export class TransportWatch implements Disposable {
  readonly #transceiver: RTCRtpTransceiver;
  readonly #sink: SeiSink;
  #watched: RTCDtlsTransport | undefined;
  #unsubscribe: (() => void)[] = [];

  constructor(transceiver: RTCRtpTransceiver, sink: SeiSink) {
    this.#transceiver = transceiver;
    this.#sink = sink;
    this.watch();
  }

  /** To be called when a stream begins: only then the transport is final. */
  watch(): void {
    const transport: RTCDtlsTransport | undefined = this.#transceiver.receiver.dtlsTransport;
    if (transport === this.#watched) return;
    this[Symbol.dispose]();
    this.#watched = transport;
    const closed = (state: string): void => {
      if (state === "closed" || state === "failed") this.#sink.ended("connection-closed");
      else if (state === "disconnected") this.#sink.stalled("disconnected");
    };
    for (const part of [transport, transport?.iceTransport]) {
      if (part?.onStateChange) this.#unsubscribe.push(part.onStateChange.subscribe(closed).unSubscribe);
    }
  }

  [Symbol.dispose](): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#watched = undefined;
  }
}
