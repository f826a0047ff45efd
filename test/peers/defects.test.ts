import {
  buildSei,
  buildUserDataSei,
  buildUserDataUnregistered,
  escapeRbsp,
  findSeiAnnexB,
  insertSeiAnnexB,
  joinAnnexB,
  joinAvcc,
  nalUnitType,
  readUserData,
  type SeiMessage,
  splitAnnexB,
  splitAvcc,
} from "@inband/h264";
import { H264Depayloader } from "@inband/h264/rtp";
import { hexOf } from "@inband/rig/hex";
import { beforeAll, describe, expect, it } from "vitest";
import { H264RtpPayload, splitH264NalUnits } from "werift";
import { hlsName, loadHlsReader } from "./hls.ts";
import { type EncodedFrame, type IvsWorker, ivsName, loadIvsWorker } from "./ivs.ts";

/** One message as text: the UUID, a colon, the payload. */
type Message = string;

/** What a peer makes of a row today: as it should be, or so many messages, which are not the right ones. */
type Verdict = "right" | { readonly reads: number };

interface Row {
  readonly name: string;
  readonly accessUnit: Uint8Array;
  readonly expected: readonly Message[];
  readonly hls: Verdict;
  readonly ivs: Verdict;
}

const uuid = Uint8Array.from({ length: 16 }, (_, index) => 0x10 + index);
const slice = Uint8Array.from([0x65, 0x88, 0x84, 0x21, 0xa0, 0x55]);
const text = (id: Uint8Array, payload: Uint8Array): Message => `${hexOf(id)}:${hexOf(payload)}`;
const bytes = (size: number, byte = 0x41): Uint8Array => new Uint8Array(size).fill(byte);

function message(payload: Uint8Array): SeiMessage {
  return { payloadType: 5, payload: buildUserDataUnregistered({ uuid, payload }) };
}

/** A SEI NAL unit of these bytes behind its header, escaped: for what `buildSei` would not write. */
function rawSei(...body: (number | Uint8Array)[]): Uint8Array {
  return escapeRbsp(Uint8Array.from([6, ...body.flatMap((part) => (typeof part === "number" ? part : [...part]))]));
}

const accessUnit = (...sei: Uint8Array[]): Uint8Array => joinAnnexB([Uint8Array.from([9, 0x10]), ...sei, slice]);
const expectMessages = (...payloads: Uint8Array[]): Message[] => payloads.map((payload) => text(uuid, payload));

/** A whole message that begins with the UUID of another: user data that someone may choose to forge one. */
const forged = Uint8Array.from([5, 20, ...uuid, 1, 2, 3, 4]);
const many = [254, 255, 256, 510].map((size) => bytes(size));
const zeros = Uint8Array.from([...bytes(40, 0), 1, 0, 0, 1, 0, 0, 3, 7, 0, 0]);

const rows: readonly Row[] = [
  {
    name: "one message",
    accessUnit: accessUnit(buildSei([message(bytes(20))])),
    expected: expectMessages(bytes(20)),
    hls: "right",
    ivs: "right",
  },
  {
    name: "a picture timing and a message in one NAL unit",
    accessUnit: accessUnit(buildSei([{ payloadType: 1, payload: bytes(3) }, message(bytes(20))])),
    expected: expectMessages(bytes(20)),
    hls: "right",
    ivs: { reads: 0 },
  },
  {
    name: "two messages in one NAL unit",
    accessUnit: accessUnit(buildSei([message(bytes(20, 1)), message(bytes(30, 2))])),
    expected: expectMessages(bytes(20, 1), bytes(30, 2)),
    hls: "right",
    ivs: { reads: 1 },
  },
  {
    name: "four SEI NAL units of 254, 255, 256 and 510 bytes",
    accessUnit: accessUnit(...many.map((payload) => buildSei([message(payload)]))),
    expected: expectMessages(...many),
    hls: "right",
    ivs: "right",
  },
  {
    name: "4096 bytes",
    accessUnit: accessUnit(buildSei([message(bytes(4096))])),
    expected: expectMessages(bytes(4096)),
    hls: "right",
    ivs: "right",
  },
  {
    name: "payload type 261, whose last byte is that of type 6",
    accessUnit: accessUnit(buildSei([{ ...message(bytes(20)), payloadType: 261 }])),
    expected: [],
    hls: "right",
    ivs: "right",
  },
  {
    name: "payload type 37, whose low five bits are those of type 5",
    accessUnit: accessUnit(buildSei([{ ...message(bytes(20)), payloadType: 37 }])),
    expected: [],
    hls: "right",
    ivs: { reads: 1 },
  },
  {
    name: "a UUID and nothing else",
    accessUnit: accessUnit(buildSei([message(bytes(0))])),
    expected: expectMessages(bytes(0)),
    hls: { reads: 0 },
    ivs: "right",
  },
  {
    name: "many emulation prevention bytes, a payload that ends in 00 00",
    accessUnit: accessUnit(buildSei([message(zeros)])),
    expected: expectMessages(zeros),
    hls: "right",
    ivs: "right",
  },
  {
    name: "no trailing bits",
    accessUnit: accessUnit(rawSei(5, 36, uuid, bytes(20))),
    expected: expectMessages(bytes(20)),
    hls: "right",
    ivs: "right",
  },
  {
    name: "no trailing bits, and a payload that looks like a message",
    accessUnit: accessUnit(rawSei(5, forged.length + 4, forged, bytes(4))),
    expected: [text(forged.subarray(0, 16), Uint8Array.from([...forged.subarray(16), ...bytes(4)]))],
    hls: { reads: 2 },
    ivs: "right",
  },
  {
    name: "zeros behind the trailing bits",
    accessUnit: Uint8Array.from([
      0,
      0,
      0,
      1,
      9,
      16,
      0,
      0,
      1,
      ...rawSei(5, 36, uuid, bytes(20), 0x80),
      ...bytes(9, 0),
      0,
      0,
      1,
      ...slice,
    ]),
    expected: expectMessages(bytes(20)),
    hls: "right",
    ivs: "right",
  },
  {
    name: "a size that leads past the end of the NAL unit",
    accessUnit: accessUnit(rawSei(5, 60, uuid, bytes(20), 0x80)),
    expected: [],
    hls: "right",
    ivs: { reads: 1 },
  },
  {
    name: "a NAL unit behind the slice, which belongs to the next access unit",
    accessUnit: joinAnnexB([slice, buildSei([message(bytes(20))])]),
    expected: [],
    hls: { reads: 1 },
    ivs: { reads: 1 },
  },
];

function ours(nals: readonly Uint8Array[]): Message[] {
  const found: Message[] = [];
  for (const nal of nals) readUserData(nal, (id, payload) => found.push(text(id, payload)));
  return found;
}

/** Fails when a peer no longer does what the table says, for better or worse. */
function expectVerdict(peer: string, verdict: Verdict, found: readonly Message[], expected: readonly Message[]): void {
  const hint = `${peer} has changed: bring its verdict in the table up to date`;
  if (verdict === "right") {
    expect(found, hint).toEqual(expected);
  } else {
    expect(found, hint).not.toEqual(expected);
    expect(found.length, hint).toBe(verdict.reads);
  }
}

/** A frame as an encoded transform gets it. */
function encodedFrame(data: Uint8Array): EncodedFrame {
  return { data: new Uint8Array(data).buffer, getMetadata: () => ({ synchronizationSource: 1 }) };
}

describe("readers of SEI in JavaScript, on the same access units", () => {
  let hls: Awaited<ReturnType<typeof loadHlsReader>>;
  let ivs: IvsWorker;
  beforeAll(async () => {
    hls = await loadHlsReader();
    ivs = loadIvsWorker();
  });

  const readHls = (data: Uint8Array): Message[] =>
    hls(data).map(({ uuid: id, userDataBytes }) => text(Buffer.from(id.replaceAll("-", ""), "hex"), userDataBytes));
  const readIvs = (data: Uint8Array): Message[] =>
    (ivs.receive(encodedFrame(data)).seiResult ?? []).map(({ uuid: id, payload }) => text(id, payload));

  it.each(rows)("inband reads rightly: $name", ({ accessUnit, expected }) => {
    expect(ours(findSeiAnnexB(accessUnit))).toEqual(expected);
  });

  it.each(rows)("hls.js does as the table says: $name", ({ accessUnit, expected, hls: verdict }) => {
    expectVerdict(hlsName, verdict, readHls(accessUnit), expected);
  });

  it.each(rows)("the IVS worker does as the table says: $name", ({ accessUnit, expected, ivs: verdict }) => {
    expectVerdict(ivsName, verdict, readIvs(accessUnit), expected);
  });

  it("inband reads AVCC; the IVS worker silently reads nothing there", () => {
    const sample = joinAvcc([buildSei([message(bytes(20))]), slice]);
    expect(ours(splitAvcc(sample))).toEqual(expectMessages(bytes(20)));
    expectVerdict(ivsName, { reads: 0 }, readIvs(sample), expectMessages(bytes(20)));
  });

  it("inband inserts before a prefix NAL unit; the IVS worker parts it from its slice", () => {
    const prefix = Uint8Array.from([0x6e, 0xc0, 0x80, 0x07, 0x20]);
    const frame = joinAnnexB([Uint8Array.from([9, 0x10]), prefix, slice]);
    const types = (data: Uint8Array): number[] => splitAnnexB(data).map(nalUnitType);
    expect(types(insertSeiAnnexB(frame, [buildUserDataSei({ uuid, payload: bytes(20) })]))).toEqual([9, 6, 14, 5]);
    const sent = encodedFrame(frame);
    ivs.queue(bytes(20));
    ivs.send(sent);
    const hint = `${ivsName} has changed: bring this test up to date`;
    expect(types(new Uint8Array(sent.data)), hint).toEqual([9, 14, 6, 5]);
  });

  it("the IVS worker escapes as inband does", () => {
    for (const payload of [zeros, bytes(1024, 0), bytes(7, 3), Uint8Array.from([0, 0, 2, 0, 0, 0, 0, 1])]) {
      const nal = Uint8Array.from([0x66, ...payload, 0x80]);
      expect(Uint8Array.from(ivs.escape(Uint8Array.from([0, 0, 1, ...nal]))).subarray(3)).toEqual(escapeRbsp(nal));
    }
  });
});

describe("RTP payloads in JavaScript", () => {
  const hint = "werift has changed: bring this test up to date";
  const fragment = (fu: number, ...body: number[]): Uint8Array => Uint8Array.from([0x7c, fu, ...body]);

  /** The NAL units that inband and werift make of the same FU-A payloads, in sequence. */
  function depayload(payloads: readonly Uint8Array[]) {
    const depayloader = new H264Depayloader();
    const mine: string[] = [];
    const theirs: string[] = [];
    let rest: Buffer | undefined;
    payloads.forEach((payload, index) => {
      const marker = index === payloads.length - 1;
      for (const { nalUnits } of depayloader.push({ payload, sequenceNumber: index, rtpTimestamp: 0, marker })) {
        mine.push(...nalUnits.map(hexOf));
      }
      const read = H264RtpPayload.deSerialize(Buffer.from(payload), rest);
      rest = read.fragment;
      if (read.payload) theirs.push(...splitAnnexB(read.payload).map(hexOf));
    });
    return { mine, theirs };
  }

  it("inband and werift put FU-A together", () => {
    const { mine, theirs } = depayload([fragment(0x85, 1, 2), fragment(5, 3), fragment(0x45, 4)]);
    expect(mine).toEqual(["6501020304"]);
    expect(theirs).toEqual(mine);
  });

  it("inband drops an end without a start; werift makes a NAL unit of it", () => {
    const { mine, theirs } = depayload([fragment(0x45, 9, 9)]);
    expect(mine).toEqual([]);
    expect(theirs, hint).toEqual(["650909"]);
  });

  it("inband drops a start without an end; werift glues it to the next NAL unit", () => {
    const { mine, theirs } = depayload([fragment(0x85, 1, 2), fragment(0x85, 7, 8), fragment(0x45, 9)]);
    expect(mine).toEqual(["65070809"]);
    expect(theirs, hint).toEqual(["650102070809"]);
  });

  it.each([255, 256, 400, 511, 512])(
    "inband reads AVCC whose first NAL unit has %i bytes; werift guesses from 256 to 511",
    (size) => {
      const nals = [Uint8Array.from([6, ...bytes(size - 2), 0x80]), slice];
      const sample = joinAvcc(nals);
      expect(splitAvcc(sample)).toEqual(nals);
      const theirs = splitH264NalUnits(Buffer.from(sample)).map(hexOf);
      const isWrong = size > 255 && size < 512;
      if (isWrong) expect(theirs, hint).not.toEqual(nals.map(hexOf));
      else expect(theirs, hint).toEqual(nals.map(hexOf));
    },
  );
});
