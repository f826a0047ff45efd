import { element } from "./element.ts";

const strip = element("figures");
const resolution = element("resolution");
const cells = {
  received: element("figure-received"),
  duplicates: element("figure-duplicates"),
  gaps: element("figure-gaps"),
  latency: element("figure-latency"),
  fps: element("figure-fps"),
  frames: element("figure-frames"),
  bitrate: element("figure-bitrate"),
  roundTrip: element("figure-round-trip"),
};
const integer = new Intl.NumberFormat("en");
const keptLatencies = 200;

/** Ids of the newest messages: one that comes twice comes within seconds. */
const ids = new Set<string>();
const keptIds = 4096;
const latencies: number[] = [];
const counted = { received: 0, unique: 0, duplicates: 0, gaps: 0 };
/** Frames of connections that are over: the count goes on where a new connection begins at 0. */
let framesBefore = 0;
interface Sample {
  readonly frames: number;
  readonly bytes: number;
  /** Milliseconds. */
  readonly at: number;
}

/** Rates are taken over the last samples together: frames come in bursts. */
const keptSamples = 5;
let current: { readonly connection: RTCPeerConnection; readonly samples: Sample[] } | undefined;

/** `latencyMs` is undefined where it is not known, or says nothing. */
export function countMessage(id: string, latencyMs: number | undefined): void {
  counted.received += 1;
  if (!ids.has(id)) counted.unique += 1;
  ids.add(id);
  if (ids.size > keptIds) ids.delete(ids.keys().next().value as string);
  if (latencyMs === undefined) return;
  latencies.push(latencyMs);
  if (latencies.length > keptLatencies) latencies.shift();
}

export function countDuplicate(): void {
  counted.duplicates += 1;
}

/** `missing` messages of one topic will not come any more. */
export function countGap(missing: number): void {
  counted.gaps += missing;
}

export function showMessageFigures(): void {
  Object.assign(strip.dataset, strings(counted));
  write(cells.received, integer.format(counted.received));
  write(cells.duplicates, integer.format(counted.duplicates));
  write(cells.gaps, integer.format(counted.gaps));
  write(cells.latency, latencies.length === 0 ? "\u2013" : String(Math.max(0, Math.round(median(latencies)))));
}

/** There is no connection: what was measured on one no longer holds. */
export function clearVideoFigures(): void {
  for (const cell of [cells.fps, cells.bitrate, cells.roundTrip]) write(cell, "\u2013");
}

/** Reads the connection's own statistics. Returns how many frames it has decoded in all. */
export async function showVideoFigures(connection: RTCPeerConnection): Promise<number> {
  const report = await connection.getStats();
  let video: RTCInboundRtpStreamStats | undefined;
  let roundTripS: number | undefined;
  for (const entry of report.values()) {
    if (entry.type === "inbound-rtp" && entry.kind === "video") video = entry;
    if (entry.type === "candidate-pair" && entry.nominated) roundTripS = entry.currentRoundTripTime ?? roundTripS;
  }
  if (!video) return 0;

  const now: Sample = { frames: video.framesDecoded ?? 0, bytes: video.bytesReceived ?? 0, at: video.timestamp };
  if (current?.connection !== connection) {
    framesBefore += current?.samples.at(-1)?.frames ?? 0;
    current = { connection, samples: [] };
  }
  const [oldest] = current.samples;
  if (oldest && now.at > oldest.at) {
    const seconds = (now.at - oldest.at) / 1000;
    write(cells.fps, String(Math.round((now.frames - oldest.frames) / seconds)));
    write(cells.bitrate, (((now.bytes - oldest.bytes) * 8) / seconds / 1e6).toFixed(2));
  }
  current.samples.push(now);
  if (current.samples.length > keptSamples) current.samples.shift();

  const frames = framesBefore + now.frames;
  strip.dataset.frames = String(frames);
  write(cells.frames, integer.format(frames));
  if (roundTripS !== undefined)
    write(cells.roundTrip, roundTripS < 0.01 ? (roundTripS * 1000).toFixed(1) : String(Math.round(roundTripS * 1000)));
  if (video.frameHeight) {
    resolution.hidden = false;
    write(resolution, `${video.frameHeight}p`);
  }
  return now.frames;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function strings(values: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function write(cell: HTMLElement, text: string): void {
  if (cell.textContent !== text) cell.textContent = text;
}
