import {
  AccessUnitSplitter,
  AnnexBSplitter,
  buildSei,
  detectFormat,
  escapeRbsp,
  findSeiAnnexB,
  insertSeiAnnexB,
  lintAnnexB,
  lintAvcc,
  lintRtp,
  ParameterSets,
  parseAvcConfig,
  parsePps,
  parseSei,
  parseSps,
  readAvcConfig,
  readSei,
  readUserData,
  splitAccessUnits,
  splitAnnexB,
  splitAvcc,
  splitFramed,
  stripSei,
  unescapeEbsp,
  walkAvcc,
} from "@inband/h264";
import { forEachSei, H264Depayloader, H264Payloader, parseRtpPayload, RtpReorder } from "@inband/h264/rtp";
import { collectGarbage } from "@inband/rig/garbage";
import type { SeiSink } from "@inband/stream";
import { SeiSubscriber } from "@inband/subscriber";
import {
  createMessageId,
  decodeEnvelope,
  decodeValue,
  EnvelopeFlag,
  encodeEnvelope,
  encodeValue,
  inband,
  maxHeartbeatTopics,
  maxWithdrawn,
  writeHeartbeat,
} from "@inband/wire";
import { BitWriter } from "./generate.ts";
import { ManualClock } from "./manual-clock.ts";

/** A baseline SPS of 16 by 16 pixels after its header. */
const sps = [66, 0, 10, 0xfb, 0xe0] as const;

/** Bytes that cost a careless reader more than they are worth, of any size. */
const inputs: Readonly<Record<string, (bytes: number) => Uint8Array>> = {
  zeros: (bytes) => new Uint8Array(bytes),
  ones: repeated([1]),
  ff: repeated([0xff]),
  "80": repeated([0x80]),
  "00 00 03": repeated([0, 0, 3]),
  "00 00 01": repeated([0, 0, 1]),
  "00 01": repeated([0, 1]),
  "tiny slices": repeated([0, 0, 1, 0x41, 0x80]),
  "tiny SEI": repeated([0, 0, 1, 6, 5, 0, 0x80]),
  "tiny prefixes": repeated([0, 0, 1, 14]),
  "slices with parameter sets": repeated([0, 0, 1, 0x67, ...sps, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 1, 0x65, 0x88]),
  "one SEI of many messages": repeated([5, 0], [6]),
  "one SEI of ff": repeated([0xff], [6]),
  "one SEI of escapes": repeated([0, 0, 3], [6, 5]),
  "one SEI of start codes": repeated([0, 0, 1], [6, 5, 0xff, 0xff]),
  "one SEI of messages with start codes": repeated([4, 5, 0, 0, 1, 0, 0], [6]),
  "one SEI of messages and zeros": repeated([4, 0, 0, 0], [6]),
  "one SPS of zeros": repeated([0], [0x67, 100, 0, 31]),
  "one PPS of slice groups": repeated(
    [0xff],
    [...new BitWriter().ue(0).ue(0).u(2, 0).ue(7).ue(6).ue(0xffff_fffe).nal(0x68)],
  ),
  "lengths of one": repeated([0, 0, 0, 1, 0x41]),
  "STAP-A of one-byte units": repeated([0, 1, 0x41], [24]),
  "STAP-A of SEI": repeated([0, 2, 6, 0x80], [24]),
  "an array of empty arrays": (bytes) => {
    const value = repeated([0x90])(bytes);
    value.set([0xdd, 0, (bytes - 5) >> 16, (bytes - 5) >> 8, (bytes - 5) & 255]);
    return value;
  },
  "nested arrays": repeated([0x91]),
  "an AVC configuration": repeated([0, 1, 0x67], [1, 66, 0, 31, 0xff, 0xff]),
};

const sink = { count: 0 };
const add = (count: number): void => {
  sink.count += count;
};
const tolerate = (call: () => unknown): void => {
  try {
    call();
  } catch (error) {
    // The typed errors are part of the work; what they are is for the targets to say.
    if (error instanceof RangeError) throw error;
  }
};

/** What reads bytes from outside. */
const readers: Readonly<Record<string, (bytes: Uint8Array) => void>> = {
  splitAnnexB: (bytes) => add(splitAnnexB(bytes).length),
  "AnnexBSplitter, chunks of 1000 bytes": (bytes) => pushChunks(bytes, 1000),
  "AnnexBSplitter, chunks of 3 bytes": (bytes) => pushChunks(bytes, 3),
  findSeiAnnexB: (bytes) => add(findSeiAnnexB(bytes).length),
  insertSeiAnnexB: (bytes) => add(insertSeiAnnexB(bytes, [new Uint8Array(9)]).length),
  splitAccessUnits: (bytes) => {
    for (const { nalUnits } of splitAccessUnits(bytes)) add(nalUnits.length);
  },
  AccessUnitSplitter: (bytes) => add(new AccessUnitSplitter().push(bytes) ? 1 : 0),
  detectFormat: (bytes) => add(detectFormat(bytes).evidence.length),
  lintAnnexB: (bytes) => add(lintAnnexB(bytes).length),
  "lintAvcc, 4-byte lengths": (bytes) => add(lintAvcc(bytes, 4).length),
  "lintAvcc, 1-byte lengths": (bytes) => add(lintAvcc(bytes, 1).length),
  splitAvcc: (bytes) => tolerate(() => splitAvcc(bytes, 1)),
  walkAvcc: (bytes) => add(walkAvcc(bytes, 1, () => undefined)),
  escapeRbsp: (bytes) => add(escapeRbsp(bytes).length),
  unescapeEbsp: (bytes) => add(unescapeEbsp(bytes).length),
  parseSei: (bytes) => tolerate(() => parseSei(bytes)),
  readSei: (bytes) => readSei(bytes, () => add(1)),
  readUserData: (bytes) => add(readUserData(bytes, () => undefined)),
  splitFramed: (bytes) => add(splitFramed(bytes, "always").length),
  stripSei: (bytes) => {
    const unit = { kind: "video", codec: "h264", timestamp: 0, isKeyFrame: false, nalUnits: [bytes] } as const;
    let messages = 0;
    add(stripSei(unit, () => (messages++ & 1) === 0).nalUnits.length);
  },
  parseSps: (bytes) => tolerate(() => parseSps(bytes)),
  parsePps: (bytes) => tolerate(() => parsePps(bytes)),
  parseAvcConfig: (bytes) => tolerate(() => parseAvcConfig(bytes)),
  readAvcConfig: (bytes) => add(readAvcConfig(bytes).parameterSets.length),
  ParameterSets: (bytes) => {
    const sets = new ParameterSets();
    sets.remember(splitAnnexB(bytes));
    add(sets.addTo([bytes]).length);
  },
  forEachSei: (bytes) => forEachSei(bytes, () => add(1)),
  parseRtpPayload: (bytes) => tolerate(() => parseRtpPayload(bytes)),
  "H264Depayloader and lintRtp, one payload": (payload) => receive([payload]),
  "H264Depayloader and lintRtp, payloads of 16 bytes": (bytes) => receive(pieces(bytes, 16)),
  "H264Depayloader and lintRtp, fragments of one byte": (bytes) => {
    receive(pieces(bytes, 8).map((_, index) => Uint8Array.of(0x7c, index === 0 ? 0x85 : 5, index)));
  },
  H264Payloader: (bytes) => add(new H264Payloader().payloads(splitAnnexB(bytes)).length),
  decodeEnvelope: (bytes) => tolerate(() => decodeEnvelope(bytes)),
  decodeValue: (bytes) => tolerate(() => decodeValue(bytes)),
  "SeiSubscriber, one payload": (payload) => subscribe([payload]),
};

/** Work that grows with a number and not with bytes. */
const sequences: Readonly<Record<string, (count: number) => void>> = {
  "SeiSubscriber, every other sequence number after a jump": (count) => {
    const sequence = (index: number) => (index === 0 ? 0 : index === 1 ? 0x7fff_0000 : 2 * index);
    subscribe(Array.from({ length: count / 64 }, (_, index) => message(sequence(index), `${index >> 31}`)));
  },
  "SeiSubscriber, a topic for each message": (count) => {
    subscribe(Array.from({ length: count / 256 }, (_, index) => message(3 * index, `${index}`)));
  },
  "SeiSubscriber, heartbeats that say the most": (count) => {
    subscribe(Array.from({ length: count / 4096 }, (_, index) => heartbeat(index)));
  },
  "SeiSubscriber, a source for each heartbeat": (count) => {
    subscribe(Array.from({ length: count / 4096 }, (_, index) => heartbeat(index, index)));
  },
  "SeiSubscriber, messages that never become whole": (count) => {
    subscribe(Array.from({ length: count / 64 }, (_, index) => message(index, "a", 256)));
  },
  "RtpReorder, every other packet": (count) => {
    const reorder = new RtpReorder<number>();
    for (let index = 0; index < count / 16; index += 1) reorder.push(index, 2 * index, index, () => add(1));
  },
  "RtpReorder, jumps": (count) => {
    const reorder = new RtpReorder<number>();
    for (let index = 0; index < count / 16; index += 1) reorder.push(index, 2999 * index, index, () => add(1));
  },
  "buildSei of empty messages": (count) => {
    add(buildSei(Array.from({ length: count }, () => ({ payloadType: 0, payload: new Uint8Array(0) }))).length);
  },
};

const doublings = 4;
/** Linear work grows by 2 at each doubling, quadratic work by 4. */
const mostGrowth = 3 ** doublings;
/** Below this a figure is noise, and no reader that takes as little is of interest. */
const floorMs = 0.5;

/**
 * The readers, with their inputs, that take more than linear time, or throw: what they take for `smallBytes` and for 16
 * times as many.
 */
export function findQuadratic(smallBytes = 65_536): string[] {
  const found: string[] = [];
  const check = (name: string, prepare: (size: number) => () => void): void => {
    try {
      const growth = growthOf(prepare, smallBytes);
      // What a busy machine has done to one size, it hardly does again to another.
      const isFound = growth > mostGrowth && growthOf(prepare, 2 * smallBytes) > mostGrowth;
      if (isFound) found.push(`${name}: ${growth.toFixed(0)} times the time for 16 times the input`);
    } catch (error) {
      found.push(`${name}: ${error}`);
    }
  };
  for (const [what, make] of Object.entries(inputs)) {
    for (const [name, read] of Object.entries(readers)) {
      check(`${name} of ${what}`, (size) => {
        const bytes = make(size);
        return () => read(bytes);
      });
    }
  }
  for (const [name, run] of Object.entries(sequences)) check(name, (size) => () => run(size));
  if (Number.isNaN(sink.count)) found.push("a reader counts wrong");
  return found;
}

/**
 * How many times as long the large input takes as the small one, which is read as often as makes them equal in bytes. The
 * least of a few tries, as noise only ever adds.
 */
function growthOf(prepare: (size: number) => () => void, smallBytes: number): number {
  let growth = Number.POSITIVE_INFINITY;
  const times = 2 ** doublings;
  const runSmall = prepare(smallBytes);
  const runLarge = prepare(smallBytes * times);
  timeMs(runSmall, 2);
  for (let tries = 0; tries < 8 && growth > mostGrowth; tries += 1) {
    // A full heap makes the larger run pay for the runs before it.
    if (tries > 0) collectGarbage();
    const smallMs = Math.max(timeMs(runSmall, times), floorMs);
    growth = Math.min(growth, (times * timeMs(runLarge, 1)) / smallMs);
  }
  return growth;
}

/** The time of this thread on a processor: what others do on a busy machine does not count. */
function timeMs(run: () => void, times: number): number {
  const start = process.threadCpuUsage();
  for (let time = 0; time < times; time += 1) run();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

function repeated(pattern: readonly number[], head: readonly number[] = []): (bytes: number) => Uint8Array {
  return (bytes) => {
    const input = new Uint8Array(bytes);
    for (let at = head.length; at < bytes; at += 1) input[at] = pattern[(at - head.length) % pattern.length] as number;
    input.set(head);
    return input;
  };
}

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) cut.push(bytes.subarray(at, at + size));
  return cut;
}

function pushChunks(bytes: Uint8Array, size: number): void {
  const splitter = new AnnexBSplitter();
  for (const chunk of pieces(bytes, size)) add(splitter.push(chunk).length);
  add(splitter.flush().length);
}

function receive(payloads: readonly Uint8Array[]): void {
  const packets = payloads.map((payload, index) => ({
    payload,
    sequenceNumber: index & 0xffff,
    rtpTimestamp: 0,
    marker: index === payloads.length - 1,
  }));
  const depayloader = new H264Depayloader();
  for (const packet of packets) add(depayloader.push(packet).length);
  add(lintRtp(packets).length);
}

function message(sequence: number, topic: string, count = 1): Uint8Array {
  const body = Uint8Array.of(0xc0);
  return encodeEnvelope({
    id: createMessageId(),
    source: 1,
    sequence: sequence >>> 0,
    topic,
    flags: 0,
    age: 0,
    index: 0,
    count,
    body,
  }).payload;
}

/** As many topics as it may name, with as many withdrawn numbers: every other one of those that it announces. */
function heartbeat(number: number, source = 1): Uint8Array {
  const topics = Array.from({ length: maxHeartbeatTopics }, (_, topic) => ({
    topic: `${topic}`,
    lastSequence: 66 * number,
    withdrawn: Array.from({ length: maxWithdrawn }, (__, index) => Math.max(0, 66 * number - 65 + 2 * index)),
  }));
  return encodeEnvelope({
    id: createMessageId(),
    source,
    sequence: number,
    topic: undefined,
    flags: EnvelopeFlag.Heartbeat,
    age: 0,
    index: 0,
    count: 1,
    body: Uint8Array.from(encodeValue(writeHeartbeat(topics))),
  }).payload;
}

function subscribe(payloads: readonly Uint8Array[]): void {
  let sink: SeiSink | undefined;
  using clock = new ManualClock(1000);
  const subscriber = new SeiSubscriber({ logger: false });
  subscriber.on("error", () => add(1));
  subscriber.attach({
    name: "cost",
    open: (opened) => {
      sink = opened;
      return { [Symbol.dispose]: () => undefined };
    },
  });
  const { uuid } = inband();
  for (const payload of payloads) {
    clock.nowMs += 20;
    sink?.userData({ uuid, payload }, { stream: "1" });
  }
  add(subscriber.stats().userData);
  subscriber.close();
}
