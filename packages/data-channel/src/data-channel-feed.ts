import { checkOptions, type SeiFeed, type SeiSink, untilClosed } from "@inband/stream";

const uuidBytes = 16;
/** The largest message that all browsers accept; an envelope is far smaller. */
const maxMessageBytes = 262_144;

/** What the feed needs of a data channel with the interface of the web: a browser's, werift's, node-datachannel's polyfill. */
export interface IncomingWebDataChannel {
  readonly label: string;
  binaryType?: string;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: () => void): void;
  removeEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(type: "close", listener: () => void): void;
}

/** What the feed needs of a channel of node-datachannel, which has one listener of each kind: the feed takes `onMessage`. */
export interface IncomingNativeDataChannel {
  getLabel(): string;
  onMessage(listener: (message: unknown) => void): void;
  /** Without it nothing tells that the channel was closed. */
  isOpen?(): boolean;
}

/** Settings of a `dataChannelFeed`. */
export interface DataChannelFeedOptions {
  /**
   * Name of the feed.
   *
   * @defaultValue "data-channel"
   */
  readonly name?: string;
}

const optionNames: ReadonlySet<string> = new Set(["name"] satisfies (keyof DataChannelFeedOptions)[]);

/**
 * The messages that a `dataChannelCarrier` sends over a data channel: of a browser, of werift or of node-datachannel.
 *
 * Attach it in the `datachannel` event itself: earlier messages are lost. It sets the `binaryType` of a browser's channel to
 * ArrayBuffers. Text, and binary messages of no profile of the subscriber, are ignored. Messages have no `rtpTimestamp`. If
 * the same publisher sends on a video carrier too, attach both feeds to one subscriber with the same `group`, and each
 * message is delivered once. A channel that is closed is an `ended`; heartbeats that stop are a `stalled`.
 *
 * @throws TypeError if `channel` is not a data channel.
 *
 * @example
 * ```ts
 * pc.addEventListener("datachannel", ({ channel }) => subscriber.attach(dataChannelFeed(channel)));
 * ```
 */
export function dataChannelFeed(
  channel: IncomingWebDataChannel | IncomingNativeDataChannel,
  options: DataChannelFeedOptions = {},
): SeiFeed {
  const isNative = typeof (channel as IncomingNativeDataChannel | undefined)?.onMessage === "function";
  if (!isNative && typeof (channel as IncomingWebDataChannel | undefined)?.addEventListener !== "function") {
    throw new TypeError(
      `channel: expected an RTCDataChannel, or a DataChannel of node-datachannel, got ${typeof channel}`,
    );
  }
  checkOptions(options, optionNames);
  return {
    name: options.name ?? "data-channel",
    open: (sink) =>
      isNative
        ? readNative(channel as IncomingNativeDataChannel, sink)
        : readWeb(channel as IncomingWebDataChannel, sink),
  };
}

function readWeb(channel: IncomingWebDataChannel, sink: SeiSink): Disposable {
  const { label } = channel;
  if (channel.binaryType === "blob") channel.binaryType = "arraybuffer";
  const listener = ({ data }: { readonly data: unknown }): void => read(data, label, sink);
  const closed = (): void => sink.ended("connection-closed");
  channel.addEventListener("message", listener);
  channel.addEventListener("close", closed);
  return {
    [Symbol.dispose]() {
      channel.removeEventListener("message", listener);
      channel.removeEventListener("close", closed);
    },
  };
}

function readNative(channel: IncomingNativeDataChannel, sink: SeiSink): Disposable {
  const label = channel.getLabel();
  let isReading = true;
  let wasOpen = false;
  channel.onMessage((data) => {
    wasOpen = true;
    if (isReading) read(data, label, sink);
  });
  const isClosed = (): boolean => {
    const isOpen = channel.isOpen?.() ?? true;
    wasOpen ||= isOpen;
    return wasOpen && !isOpen;
  };
  const watch = untilClosed(isClosed, () => sink.ended("connection-closed"));
  return {
    [Symbol.dispose]() {
      isReading = false;
      watch[Symbol.dispose]();
    },
  };
}

function read(data: unknown, stream: string, sink: SeiSink): void {
  let bytes: Uint8Array;
  if (data instanceof ArrayBuffer) bytes = new Uint8Array(data);
  else if (data instanceof Uint8Array) bytes = data;
  else return;
  if (bytes.length < uuidBytes || bytes.length > maxMessageBytes) return;
  sink.userData({ uuid: bytes.subarray(0, uuidBytes), payload: bytes.subarray(uuidBytes) }, { stream });
}
