import { kindOf } from "@inband/wire";

/** `LOCAL_STREAM_INSERT_SEI_MSG_REQUEST`: the SDK emits it, within the call, for a message that it has taken. */
export const requestEvent = "localStreamInsertSeiMsgRequest";

/** What the SDK tells of a message that it has taken. */
export type RequestListener = (stream: unknown, payload: ArrayBuffer, options?: { repeatCount?: number }) => void;

/** What the carrier needs of a `LocalStageStream` of the SDK. */
export interface IvsLocalStream {
  readonly mediaStreamTrack: { readonly kind: string; readonly readyState: string };
  readonly mediaConfig: { readonly inBandMessaging?: { readonly enabled: boolean } };
  insertSeiMessage(payload: ArrayBuffer, options?: { repeatCount?: number }): Promise<void>;
  /** Statistics of the sender; undefined while the stream is not published. */
  requestRTCStats(): Promise<unknown>;
  /** `never` because the SDK does not export the names of these events. */
  on(event: never, listener: RequestListener): void;
  off(event: never, listener: RequestListener): void;
  hasListenersFor(event: never): boolean;
}

/** @throws TypeError for what cannot carry messages, now or later: the configuration of a stream does not change. */
export function checkStream(stream: IvsLocalStream): void {
  if (typeof stream?.insertSeiMessage !== "function" || typeof stream.requestRTCStats !== "function") {
    throw new TypeError(`stream: expected a LocalStageStream of the Amazon IVS SDK, got ${kindOf(stream)}`);
  }
  const { mediaStreamTrack, mediaConfig } = stream;
  if (mediaStreamTrack.kind !== "video") {
    throw new TypeError("stream: messages ride inside video, and this is the LocalStageStream of an audio track");
  }
  if (mediaConfig.inBandMessaging?.enabled !== true) {
    throw new TypeError(
      "stream: make it with new LocalStageStream(track, { inBandMessaging: { enabled: true } }); without it the SDK drops every message",
    );
  }
}
