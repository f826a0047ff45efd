import { kindOf } from "@inband/wire";

/** What the carrier needs of a data channel with the interface of the web: a browser's, werift's, node-datachannel's polyfill. */
export interface WebDataChannel {
  readonly label: string;
  readonly readyState: string;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  /** It is given a `Uint8Array`; `never` because the types of the kinds agree on nothing else. */
  send(data: never): void;
  addEventListener(type: "open" | "close" | "bufferedamountlow", listener: () => void): void;
  removeEventListener(type: "open" | "close" | "bufferedamountlow", listener: () => void): void;
}

/**
 * What the carrier needs of node-datachannel's own channels. They know one listener of a kind: the carrier takes
 * `onOpen`, `onClosed` and `onBufferedAmountLow`.
 */
export interface NativeDataChannel {
  getLabel(): string;
  isOpen(): boolean;
  bufferedAmount(): number;
  setBufferedAmountLowThreshold(bytes: number): void;
  sendMessageBinary(data: Uint8Array<ArrayBuffer>): boolean;
  onOpen(listener: () => void): void;
  onClosed(listener: () => void): void;
  onBufferedAmountLow(listener: () => void): void;
}

/** What a channel tells the carrier. */
export interface SendingEvents {
  /** It has opened, or its buffer has run low. */
  ready(): void;
  closed(): void;
}

/** Either kind of channel as the carrier sees it. */
export interface SendingChannel {
  readonly label: string;
  readonly isOpen: boolean;
  readonly isClosed: boolean;
  readonly bufferedBytes: number;
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Returns what ends listening. */
  listen(events: SendingEvents, lowBytes: number): () => void;
}

/** One way to send over either kind of channel. */
export function sendingChannel(channel: WebDataChannel | NativeDataChannel): SendingChannel {
  if (typeof (channel as NativeDataChannel)?.sendMessageBinary === "function") {
    return nativeChannel(channel as NativeDataChannel);
  }
  const web = channel as WebDataChannel;
  if (typeof web?.send === "function" && typeof web.addEventListener === "function") return webChannel(web);
  throw new TypeError(
    `channel: expected an RTCDataChannel, or a DataChannel of node-datachannel, got ${kindOf(channel)}`,
  );
}

function webChannel(channel: WebDataChannel): SendingChannel {
  return {
    label: channel.label,
    get isOpen() {
      return channel.readyState === "open";
    },
    get isClosed() {
      return channel.readyState === "closed" || channel.readyState === "closing";
    },
    get bufferedBytes() {
      return channel.bufferedAmount;
    },
    send: (message) => channel.send(message as never),
    listen({ ready, closed }, lowBytes) {
      channel.bufferedAmountLowThreshold = lowBytes;
      channel.addEventListener("open", ready);
      channel.addEventListener("bufferedamountlow", ready);
      channel.addEventListener("close", closed);
      return () => {
        channel.removeEventListener("open", ready);
        channel.removeEventListener("bufferedamountlow", ready);
        channel.removeEventListener("close", closed);
      };
    },
  };
}

function nativeChannel(channel: NativeDataChannel): SendingChannel {
  let isClosed = false;
  return {
    label: channel.getLabel(),
    get isOpen() {
      return !isClosed && channel.isOpen();
    },
    get isClosed() {
      return isClosed;
    },
    get bufferedBytes() {
      return channel.bufferedAmount();
    },
    // False says that the message waits in the buffer.
    send: (message) => void channel.sendMessageBinary(message),
    listen({ ready, closed }, lowBytes) {
      let isListening = true;
      const heard = (event: () => void) => () => {
        if (isListening) event();
      };
      channel.setBufferedAmountLowThreshold(lowBytes);
      channel.onOpen(heard(ready));
      channel.onBufferedAmountLow(heard(ready));
      channel.onClosed(() => {
        isClosed = true;
        if (isListening) closed();
      });
      return () => {
        isListening = false;
      };
    },
  };
}
