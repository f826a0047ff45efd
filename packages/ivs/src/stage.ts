import { kindOf } from "@inband/wire";

/** What the SDK tells of a participant. */
export interface IvsParticipant {
  readonly id: string;
  readonly isLocal: boolean;
}

/** What the SDK tells of a message: views at run time, though its declarations say buffers. */
export interface IvsSeiMessage {
  readonly uuid: ArrayBuffer | Uint8Array;
  readonly payload: ArrayBuffer | Uint8Array;
}

/** What the feed needs of a `StageStream` that arrives. */
export interface IvsRemoteStream {
  readonly mediaStreamTrack: { readonly kind: string };
  requestRTCStats(): Promise<unknown>;
}

/** The events of a stage that the feed listens to, under the names of `StageEvents`, and what they tell. */
export interface StageEventMap {
  stageParticipantJoined: [participant: IvsParticipant];
  stageParticipantLeft: [participant: IvsParticipant];
  stageParticipantStreamsAdded: [participant: IvsParticipant, streams: readonly IvsRemoteStream[]];
  stageParticipantStreamsRemoved: [participant: IvsParticipant, streams: readonly IvsRemoteStream[]];
  stageStreamSeiMessageReceived: [participant: IvsParticipant, message: IvsSeiMessage];
}

/** What the feed needs of a `Stage` of the SDK. */
export interface IvsStage {
  /** `never` because an enum of the SDK names its events, and nothing of the SDK is imported. */
  on(event: never, listener: (...told: never[]) => void): void;
  off(event: never, listener: (...told: never[]) => void): void;
}

/** @throws TypeError for anything but a stage. */
export function checkStage(stage: IvsStage): void {
  if (typeof stage?.on !== "function" || typeof stage.off !== "function") {
    throw new TypeError(`stage: expected a Stage of the Amazon IVS SDK, got ${kindOf(stage)}`);
  }
}

/** Listens to a stage. Disposing of the result ends it. The SDK writes into each listener: they are used for nothing else. */
export function listenTo(
  stage: IvsStage,
  listeners: { readonly [Name in keyof StageEventMap]: (...told: StageEventMap[Name]) => void },
): Disposable {
  const entries = Object.entries<(...told: never[]) => void>(listeners);
  for (const [event, listener] of entries) stage.on(event as never, listener);
  return {
    [Symbol.dispose]() {
      for (const [event, listener] of entries) stage.off(event as never, listener);
    },
  };
}
