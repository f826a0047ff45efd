/**
 * A page that joins a stage by the Amazon IVS Web Broadcast SDK. The SDK is the file of its package, loaded as it is; what
 * is read of it here is what its documentation tells of.
 */
type Sdk = typeof import("amazon-ivs-web-broadcast");

declare global {
  var IVSBroadcastClient: Sdk;
  var joinStage: (token: string, options: JoinOptions) => Promise<string>;
  var toldEvents: () => readonly string[];
  var receivedSei: () => readonly number[][];
  var insertSei: (bytes: readonly number[], repeatCount: number) => Promise<void>;
  var muteVideo: (isMuted: boolean) => void;
  var replaceVideo: () => Promise<void>;
  var endVideo: () => void;
  var exchangeToken: (token: string) => Promise<string>;
  var leaveStage: () => void;
  /** Has the stage send this simulcast layer of everybody, or with undefined whichever it chooses. */
  var preferLayer: (label: string | undefined) => void;
  var decodedFrames: () => Promise<number>;
  var sentLayers: () => Promise<number>;
}

/** How the page joins. */
export interface JoinOptions {
  readonly publishes: boolean;
  readonly subscribes: boolean;
  readonly hasSimulcast?: boolean;
  /** Whether offers go by HTTP even where the stage takes them over the events socket. */
  readonly isHttpOnly?: boolean;
  /** Whether the SDK leaves it to the stage to say what is wrong with a token. */
  readonly disableTokenValidation?: boolean;
}

const events: string[] = [];
let preferredLayer: string | undefined;
const sei: number[][] = [];
const peerConnections: RTCPeerConnection[] = [];
let stage: InstanceType<Sdk["Stage"]>;
let video: InstanceType<Sdk["LocalStageStream"]> | undefined;
let streams: InstanceType<Sdk["LocalStageStream"]>[] = [];

/** For a page that builds on this one: a stage that is about to be joined, and each video stream before it is published. */
export const hooks: {
  stage?: (made: InstanceType<Sdk["Stage"]>) => void;
  video?: (made: InstanceType<Sdk["LocalStageStream"]>) => void;
} = {};

globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    peerConnections.push(this);
  }
};

const loaded = new Promise((resolve, reject) => {
  const script = Object.assign(document.createElement("script"), { src: "/sdk.js", charset: "utf-8" });
  Object.assign(script, { onload: resolve, onerror: reject });
  document.head.append(script);
});

globalThis.joinStage = async (token, options) => {
  const { publishes, subscribes, hasSimulcast = false } = options;
  const { isHttpOnly: disableXdp = false, disableTokenValidation = false } = options;
  Object.assign(globalThis, { IVS_CLIENT_OVERRIDES: { disableXdp, disableTokenValidation } });
  await loaded;
  const { Stage, LocalStageStream, SubscribeType, StageEvents } = IVSBroadcastClient;
  streams = [];
  if (publishes) {
    const size = hasSimulcast ? { width: 1280, height: 720 } : { width: 640, height: 360 };
    const media = await navigator.mediaDevices.getUserMedia({ video: { ...size, frameRate: 30 }, audio: true });
    const [camera] = media.getVideoTracks() as [MediaStreamTrack];
    const [microphone] = media.getAudioTracks() as [MediaStreamTrack];
    const simulcast = { simulcast: { enabled: hasSimulcast } };
    video = new LocalStageStream(camera, { inBandMessaging: { enabled: true }, ...simulcast });
    streams.push(new LocalStageStream(microphone), video);
    hooks.video?.(video);
  }
  stage = new Stage(token, {
    stageStreamsToPublish: () => streams,
    shouldPublishParticipant: () => publishes,
    shouldSubscribeToParticipant: () => (subscribes ? SubscribeType.AUDIO_VIDEO : SubscribeType.NONE),
    subscribeConfiguration: () => ({ inBandMessaging: { enabled: true } }),
    preferredLayerForStream: () => preferredLayer,
  });
  const tell = (name: string, ...parts: unknown[]) => events.push([name, ...parts].join(" "));
  stage.on(StageEvents.ERROR, (error) => tell("error", error.code, error.message));
  stage.on(StageEvents.STAGE_CONNECTION_STATE_CHANGED, (state) => tell("connection", state));
  stage.on(StageEvents.STAGE_LEFT, (reason) => tell("left-stage", reason));
  stage.on(StageEvents.STAGE_PARTICIPANT_JOINED, ({ id }) => tell("joined", id));
  stage.on(StageEvents.STAGE_PARTICIPANT_LEFT, ({ id }) => tell("left", id));
  stage.on(StageEvents.STAGE_PARTICIPANT_PUBLISH_STATE_CHANGED, ({ id }, state) => tell("publish", id, state));
  stage.on(StageEvents.STAGE_PARTICIPANT_SUBSCRIBE_STATE_CHANGED, ({ id }, state) => tell("subscribe", id, state));
  stage.on(StageEvents.STAGE_STREAM_MUTE_CHANGED, ({ id }, stream) =>
    tell("muted", id, stream.mediaStreamTrack.kind, stream.isMuted),
  );
  stage.on(StageEvents.STAGE_STREAM_LAYER_SELECTED, ({ id }, _stream, layer, reason) =>
    tell("layer", id, layer?.label, reason),
  );
  stage.on(StageEvents.STAGE_PARTICIPANT_STREAMS_ADDED, ({ isLocal }, added) => {
    if (isLocal) return;
    const element = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
    element.srcObject = new MediaStream(added.map(({ mediaStreamTrack }) => mediaStreamTrack));
    document.body.append(element);
  });
  stage.on(StageEvents.STAGE_STREAM_SEI_MESSAGE_RECEIVED, (_participant, { payload }) =>
    sei.push([...new Uint8Array(payload)]),
  );
  hooks.stage?.(stage);
  try {
    await stage.join();
    return "joined";
  } catch (error) {
    return String((error as Error).message);
  }
};

globalThis.toldEvents = () => events;
globalThis.receivedSei = () => sei;
globalThis.insertSei = async (bytes, repeatCount) =>
  video?.insertSeiMessage(new Uint8Array(bytes).buffer, { repeatCount });
globalThis.muteVideo = (isMuted) => video?.setMuted(isMuted);
globalThis.endVideo = () => video?.mediaStreamTrack.stop();
globalThis.replaceVideo = async () => {
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360, frameRate: 30 } });
  const [camera] = media.getVideoTracks() as [MediaStreamTrack];
  const next = new IVSBroadcastClient.LocalStageStream(camera, { inBandMessaging: { enabled: true } });
  streams = streams.map((stream) => (stream === video ? next : stream));
  video = next;
  hooks.video?.(next);
  stage.refreshStrategy();
};
globalThis.exchangeToken = (token) =>
  stage.exchangeToken(token).then(
    () => "exchanged",
    (error: Error) => error.message,
  );
globalThis.leaveStage = () => stage.leave();
globalThis.preferLayer = (label) => {
  preferredLayer = label;
  stage.refreshStrategy();
};

async function stats(type: RTCStatsType): Promise<Record<string, unknown>[]> {
  const reports = await Promise.all(peerConnections.map((connection) => connection.getStats()));
  return reports
    .flatMap((report) => [...(report as unknown as Map<string, Record<string, unknown>>).values()])
    .filter((entry) => entry.type === type && entry.kind === "video");
}

globalThis.decodedFrames = async () =>
  (await stats("inbound-rtp")).reduce((sum, { framesDecoded }) => sum + Number(framesDecoded ?? 0), 0);
globalThis.sentLayers = async () =>
  (await stats("outbound-rtp")).filter(({ framesEncoded }) => Number(framesEncoded) > 0).length;
