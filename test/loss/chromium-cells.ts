import { resolve } from "node:path";
import type { AccessUnit } from "@inband/h264";
import { createEncoder } from "@inband/h264/encoder";
import { testPicture } from "@inband/media/frames";
import { WeriftVideo } from "@inband/publisher/werift";
import type { Gap, ReceivedMessage } from "@inband/subscriber";
import type { Browser, Page } from "playwright";
import { RTCPeerConnection } from "werift";
import { launchChromium, servePage } from "../chromium.ts";
import type { Sample } from "./account.ts";
import { FrameLedger } from "./frame-ledger.ts";
import { delayReceiving } from "./impair.ts";
import { framesPerGop, framesPerSecond } from "./picture.ts";
import {
  accountFor,
  cellLimits,
  publishThrough,
  type RealCell,
  type RealResult,
  resultOf,
  wallClockMs,
} from "./real-cell.ts";
import { impairSending, linkConfig } from "./werift-pair.ts";

/** Runs cells from a werift peer to Chromium, with a picture that it can decode. */
export class ChromiumCells implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #closePage: () => Promise<void>;
  readonly #clip: readonly AccessUnit[];
  #cells = 0;

  private constructor(browser: Browser, page: Page, closePage: () => Promise<void>, clip: readonly AccessUnit[]) {
    this.#browser = browser;
    this.#page = page;
    this.#closePage = closePage;
    this.#clip = clip;
  }

  static async launch(): Promise<ChromiumCells> {
    const clip = await encodeClip();
    const { url, close } = await servePage(resolve(import.meta.dirname, "../pages/loss.ts"));
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(url);
    return new ChromiumCells(browser, page, close, clip);
  }

  /** Runs one cell; several at a time may. */
  async run(cell: RealCell): Promise<RealResult> {
    const name = `cell ${this.#cells}`;
    this.#cells += 1;
    const { dependencyDescriptor } = cell;
    const sending = new RTCPeerConnection(linkConfig({ loopback: true, dependencyDescriptor }, cell.nack, true));
    const video = new WeriftVideo({ limits: cellLimits });
    const connected = video.connect(sending);
    await sending.setLocalDescription(await sending.createOffer());
    const sdp = await this.#page.evaluate(([name, offer]) => watchOffer(name, offer), [
      name,
      sending.localDescription?.sdp ?? "",
    ] as const);
    await sending.setRemoteDescription({ type: "answer", sdp });
    await connected;
    const ledger = new FrameLedger();
    const there = impairSending(sending, cell, (rtpTimestamp, isLost) => ledger.sent(rtpTimestamp, isLost));
    const back = delayReceiving(sending, cell.rttMs / 2);
    const account = accountFor(cell);
    const picture = new LoopedClip(this.#clip);
    video.connectEncoder(picture);
    const { lateness, rtpTimestamps } = await publishThrough(cell, video, account, (frame) => picture.next(frame));
    const endMs = wallClockMs();
    for (const { message, gap, heartbeat, atMs } of await this.#page.evaluate((name) => arrivalsOf(name), name)) {
      if (message) account.received(message as ReceivedMessage<Sample>, atMs);
      if (gap) account.gap(gap as Gap);
      if (heartbeat) account.heartbeat(heartbeat, atMs);
    }
    await this.#page.evaluate((name) => endOf(name), name);
    video.close();
    there[Symbol.dispose]();
    back[Symbol.dispose]();
    await sending.close();
    const frames = cell.copies === 1 && !cell.nack ? ledger.balance(account, rtpTimestamps) : undefined;
    return resultOf(cell, account.balance(endMs), there.counts, lateness, frames);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#closePage();
  }
}

/** A clip that begins again with its key frame at its end, and as soon as somebody asks for one. */
class LoopedClip {
  readonly #clip: readonly AccessUnit[];
  #at = 0;

  constructor(clip: readonly AccessUnit[]) {
    this.#clip = clip;
  }

  requestKeyFrame(): void {
    this.#at = 0;
  }

  next(frame: number): AccessUnit {
    const accessUnit = this.#clip[this.#at % this.#clip.length] as AccessUnit;
    this.#at += 1;
    return { ...accessUnit, timestamp: Math.round((frame * 1_000_000) / framesPerSecond) };
  }
}

async function encodeClip(): Promise<AccessUnit[]> {
  const size = { width: 640, height: 360, framerate: framesPerSecond };
  const keyFrameInterval = framesPerGop / framesPerSecond;
  const encoder = await createEncoder({ ...size, codec: "libx264", bitrate: 1_000_000, keyFrameInterval });
  const clip: AccessUnit[] = [];
  for await (const frame of testPicture({ ...size, realtime: false })) {
    const accessUnit = await encoder.encode(frame);
    if (accessUnit) clip.push(accessUnit);
    if (clip.length === framesPerGop) break;
  }
  encoder.close();
  return clip;
}
