/** Which frames: those that a feed reads, or those that a carrier writes into. */
export type FrameRole = "feed" | "carrier";

/** The `options` of an RTCRtpScriptTransform: the tap that the frames belong to. */
export interface TapTransformOptions {
  readonly role: FrameRole;
  /** Number of the tap, unique in the page. */
  readonly tap: number;
  /** 0 for the first worker of a tap. For one that has replaced a dead worker, the seconds for which it tells that no frame comes. */
  readonly attempts: number;
}

/** What the page tells the worker of one tap, beside the messages of its role. */
export type TapMessage =
  /** The two streams of `createEncodedStreams`, both transferred, where there is no RTCRtpScriptTransform. */
  | { readonly kind: "streams"; readonly readable: ReadableStream; readonly writable: WritableStream }
  /** The sender or receiver is gone. */
  | { readonly kind: "end" };

/** Where a message belongs. */
export interface TapAddress {
  readonly role: FrameRole;
  readonly tap: number;
}

/** Asks whether the worker runs, which answers `ready`. */
export interface Hello {
  readonly kind: "hello";
}

/** What the worker says of itself. */
export interface Ready {
  readonly kind: "ready";
}

/** The worker has replaced another, and no frame has come for a second. */
export interface Starved {
  readonly kind: "starved";
  readonly attempts: number;
}
