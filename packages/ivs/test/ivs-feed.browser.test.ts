import { ivsFeed } from "@inband/ivs";
import { useFakeClock } from "@inband/rig/fake-clock";
import { Stage, StageEvents, SubscribeType } from "@inband/rig/page/ivs-sdk";
import { SeiSubscriber } from "@inband/subscriber";
import { encodeEnvelope, encodeValue, ivs } from "@inband/wire";
import type { StageParticipantInfo, StageStream } from "amazon-ivs-web-broadcast";
import { describe, expect, it, onTestFinished, vi } from "vitest";

useFakeClock();

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const of = (id: string, isLocal = false) => ({ id, isLocal }) as StageParticipantInfo;
const { uuid } = ivs();

/** A real stage of the SDK that joins nowhere: what it would tell of others is told by the test. */
function unjoinedStage(): InstanceType<typeof Stage> {
  const claims = {
    resource: "arn:aws:ivs:eu-west-1:123456789012:stage/test",
    jti: "me",
    topic: "test",
    user_id: "",
    exp: 4e9,
  };
  const more = { events_url: "wss://127.0.0.1", whip_url: "https://127.0.0.1", version: "0.0", capabilities: {} };
  const token = [{ alg: "none" }, { ...claims, ...more }].map((part) => btoa(JSON.stringify(part))).join(".");
  return new Stage(`${token}.signature`, {
    stageStreamsToPublish: () => [],
    shouldPublishParticipant: () => false,
    shouldSubscribeToParticipant: () => SubscribeType.AUDIO_VIDEO,
  });
}

/** The video of a participant, with a count of frames that the test sets. */
function videoOf(): { frames: number; fault: Error | undefined; stream: StageStream } {
  const video = {
    frames: 0,
    fault: undefined as Error | undefined,
    stream: {
      mediaStreamTrack: { kind: "video" },
      requestRTCStats: async () => {
        if (video.fault !== undefined) throw video.fault;
        return new Map([["in", { type: "inbound-rtp", kind: "video", framesReceived: video.frames }]]);
      },
    } as unknown as StageStream,
  };
  return video;
}

function subscribed({ envelope = false } = {}) {
  const stage = unjoinedStage();
  const subscriber = new SeiSubscriber({ profiles: [ivs({ envelope })] });
  onTestFinished(() => subscriber.close());
  const told: string[] = [];
  subscriber.on("message", ({ feed, value }) =>
    told.push(`${feed}: ${value instanceof Uint8Array ? new TextDecoder().decode(value) : value}`),
  );
  subscriber.on("gap", ({ feed, missing }) => told.push(`gap ${feed} ${missing}`));
  subscriber.on("stalled", ({ feed }) => told.push(`stalled ${feed}`));
  subscriber.on("resumed", ({ feed }) => told.push(`resumed ${feed}`));
  subscriber.on("ended", ({ feed, reason }) => told.push(`ended ${feed} ${reason}`));
  subscriber.on("error", ({ message }) => told.push(`error ${message}`));
  const attachment = subscriber.attach(ivsFeed(stage));
  const sei = (id: string, text: string | Uint8Array) => {
    const payload = typeof text === "string" ? new TextEncoder().encode(text) : text;
    stage.emit(StageEvents.STAGE_STREAM_SEI_MESSAGE_RECEIVED, of(id), { uuid: uuid.slice().buffer, payload } as never);
  };
  return { stage, subscriber, attachment, told, sei };
}

describe("ivsFeed, over a real Stage", () => {
  it("delivers each message once for each participant that sent it", () => {
    const { told, sei } = subscribed();
    for (const text of ["a", "a", "b"]) for (const id of ["alice", "bob"]) sei(id, text);
    expect(told).toEqual(["alice: a", "bob: a", "alice: b", "bob: b"]);
  });

  it("lets nobody number or silence the messages of another, whatever source they claim to be", async () => {
    const { told, sei } = subscribed({ envelope: true });
    const envelope = (sequence: number, value: string, id: number) =>
      encodeEnvelope({
        id: `01900000-0000-7000-8000-00000000000${id}`,
        source: 7,
        sequence,
        topic: undefined,
        flags: 0,
        age: 0,
        index: 0,
        count: 1,
        body: encodeValue(value),
      }).payload;
    sei("alice", envelope(1, "one", 1));
    sei("mallory", envelope(2, "forged two", 2));
    sei("mallory", envelope(9000, "forged", 3));
    sei("alice", envelope(2, "two", 2));
    await pass(20_000);
    expect(told.filter((line) => line.startsWith("alice"))).toEqual(["alice: one", "alice: two"]);
    expect(told.filter((line) => line.startsWith("gap alice"))).toEqual([]);
  });

  it("hears nothing of the local participant", () => {
    const { stage, told, subscriber } = subscribed();
    stage.emit(StageEvents.STAGE_PARTICIPANT_JOINED, of("me", true));
    stage.emit(StageEvents.STAGE_PARTICIPANT_STREAMS_ADDED, of("me", true), [videoOf().stream]);
    expect(told).toEqual([]);
    expect(subscriber.stats().accessUnits).toBe(0);
  });

  it("counts the frames of each participant, and says whose video froze, went on and left", async () => {
    const { stage, subscriber, told } = subscribed();
    const [alice, bob] = [videoOf(), videoOf()];
    for (const [id, video] of [
      ["alice", alice],
      ["bob", bob],
    ] as const) {
      stage.emit(StageEvents.STAGE_PARTICIPANT_JOINED, of(id));
      stage.emit(StageEvents.STAGE_PARTICIPANT_STREAMS_ADDED, of(id), [video.stream]);
    }
    const flow = async (videos: readonly (typeof alice)[]) => {
      for (let step = 0; step < 8; step += 1) {
        for (const video of videos) video.frames += 15;
        await pass(500);
      }
    };
    await flow([alice, bob]);
    expect(subscriber.stats().accessUnits).toBe(16 * 15);
    await flow([bob]);
    expect(told).toEqual(["stalled alice"]);
    await flow([alice, bob]);
    stage.emit(StageEvents.STAGE_PARTICIPANT_STREAMS_REMOVED, of("bob"), [bob.stream]);
    stage.emit(StageEvents.STAGE_PARTICIPANT_LEFT, of("alice"));
    expect(told.slice(1)).toEqual(["resumed alice", "ended bob connection-closed", "ended alice connection-closed"]);
    await flow([alice, bob]);
    expect(told).toHaveLength(4);
  });

  it("delivers nothing twice to a participant that went and came back", () => {
    const { stage, told, sei } = subscribed();
    sei("alice", "a");
    stage.emit(StageEvents.STAGE_PARTICIPANT_LEFT, of("alice"));
    sei("alice", "a");
    sei("alice", "b");
    expect(told).toEqual(["alice: a", "ended alice connection-closed", "alice: b"]);
  });

  it("reports statistics that cannot be read, and goes on", async () => {
    const { stage, told, sei } = subscribed();
    const video = videoOf();
    video.fault = new Error("no statistics");
    stage.emit(StageEvents.STAGE_PARTICIPANT_STREAMS_ADDED, of("alice"), [video.stream]);
    await pass(600);
    sei("alice", "a");
    expect(told).toEqual(["error no statistics", "alice: a"]);
  });

  it("ends with its attachment, or with its subscriber", async () => {
    const { stage, attachment, told, sei } = subscribed();
    stage.emit(StageEvents.STAGE_PARTICIPANT_STREAMS_ADDED, of("alice"), [videoOf().stream]);
    attachment.close();
    sei("alice", "a");
    expect(told).toEqual([]);
    expect(stage.hasListenersFor(StageEvents.STAGE_STREAM_SEI_MESSAGE_RECEIVED)).toBe(false);
    const other = subscribed();
    other.sei("alice", "a");
    other.subscriber.close();
    other.sei("alice", "b");
    expect(other.told).toEqual(["alice: a"]);
  });
});

describe("ivsFeed refuses", () => {
  it("what is no stage, and options that there are not", () => {
    expect(() => ivsFeed({} as never)).toThrow(/^stage: expected a Stage of the Amazon IVS SDK, got an object/);
    expect(() => ivsFeed(unjoinedStage(), { group: "a" } as never)).toThrow(/^group: no such option/);
  });
});
