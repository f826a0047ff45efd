import { insertInto } from "@inband/browser";
import { findSeiAnnexB, joinAnnexB, readUserData, splitAnnexB } from "@inband/h264";
import { message } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { told } from "@inband/rig/turn";
import { CarrierPublishers, defaultCarrierLimits } from "@inband/stream";
import { describe, expect, it } from "vitest";

const keyFrame = joinAnnexB([
  Uint8Array.of(0x67, 66, 0, 30),
  Uint8Array.of(0x68, 0xce),
  Uint8Array.of(0x65, 0x88, 1, 2, 3),
]);

function frameOf(bytes: Uint8Array, metadata: Partial<RTCEncodedVideoFrameMetadata> = {}): RTCEncodedVideoFrame {
  return {
    data: new Uint8Array(bytes).buffer,
    timestamp: 3000,
    type: "key",
    getMetadata: () => ({ mimeType: "video/H264", rtpTimestamp: 3000, synchronizationSource: 7, ...metadata }),
  } as RTCEncodedVideoFrame;
}

function textsIn(frame: RTCEncodedVideoFrame): string[] {
  const texts: string[] = [];
  for (const nal of findSeiAnnexB(new Uint8Array(frame.data))) {
    readUserData(nal, (_, payload) => texts.push(new TextDecoder().decode(payload)));
  }
  return texts;
}

function publishersWith(...names: string[]): { publishers: CarrierPublishers; events: RecordedEvents } {
  const events = new RecordedEvents();
  const publishers = new CarrierPublishers(defaultCarrierLimits);
  const carrier = publishers.open(events);
  for (const name of names) carrier.offer(message(name));
  return { publishers, events };
}

describe("insertInto", () => {
  it("puts what waits before the first VCL NAL unit and leaves the rest byte for byte", async () => {
    const { publishers, events } = publishersWith("hello");
    const frame = frameOf(keyFrame);
    insertInto(frame, publishers).commit();
    const nals = splitAnnexB(new Uint8Array(frame.data));
    expect(nals.map((nal) => nal[0])).toEqual([0x67, 0x68, 6, 0x65]);
    expect(joinAnnexB(nals.filter((nal) => nal[0] !== 6))).toEqual(keyFrame);
    expect(textsIn(frame)).toEqual(["hello"]);
    await told();
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ stream: "7", rtpTimestamps: [3000] }] }]);
  });

  it("spends nothing on a frame that did not leave", async () => {
    const { publishers, events } = publishersWith("hello");
    insertInto(frameOf(keyFrame), publishers).rollback();
    await told();
    expect(events.reports).toEqual([]);
    const next = frameOf(keyFrame);
    insertInto(next, publishers).commit();
    expect(textsIn(next)).toEqual(["hello"]);
    await told();
    expect(events.reports).toHaveLength(1);
  });

  it("gives every simulcast layer the same messages", () => {
    const { publishers } = publishersWith("hello");
    const layers = [1, 2, 3].map((synchronizationSource) => frameOf(keyFrame, { synchronizationSource }));
    for (const layer of layers) insertInto(layer, publishers).commit();
    expect(layers.map(textsIn)).toEqual([["hello"], ["hello"], ["hello"]]);
  });

  it("leaves frames of other codecs, empty ones and those without a picture alone", async () => {
    const { publishers, events } = publishersWith("hello");
    const frames = [
      frameOf(keyFrame, { mimeType: "video/VP8" }),
      frameOf(new Uint8Array()),
      frameOf(joinAnnexB([Uint8Array.of(0x67, 66, 0, 30)])),
    ];
    const before = frames.map(({ data }) => data);
    for (const frame of frames) insertInto(frame, publishers).commit();
    expect(frames.map(({ data }) => data)).toEqual(before);
    await told();
    expect(events.reports).toEqual([]);
  });

  it("leaves the frame as it was and says why when it cannot be read", () => {
    const { publishers } = publishersWith("hello");
    const frame = { ...frameOf(keyFrame), getMetadata: () => failing() } as RTCEncodedVideoFrame;
    const { data } = frame;
    const insertion = insertInto(frame, publishers);
    insertion.commit();
    expect(insertion.error).toBeInstanceOf(TypeError);
    expect(frame.data).toBe(data);
  });
});

function failing(): never {
  throw new TypeError("no metadata");
}
