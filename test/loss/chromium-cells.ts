import { resolve } from "node:path";
import type { AccessUnit } from "@inband/h264";
import { framesPerSecond } from "@inband/rig/access-unit";
import { launchChromium } from "@inband/rig/chromium/browser";
import { type ServedPage, servePage } from "@inband/rig/chromium/page-server";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { impairSending, linkConfig } from "@inband/rig/werift/impaired-pair";
import { delayReceiving } from "@inband/rig/werift/impairment";
import { offer } from "@inband/rig/werift/peer";
import type { Gap, ReceivedMessage } from "@inband/subscriber";
import { WeriftVideo } from "@inband/werift";
import type { Browser, Page } from "playwright";
import { RTCPeerConnection } from "werift";
import type { Sample } from "./account.ts";
import { FrameLedger } from "./frame-ledger.ts";
import { framesPerGop } from "./picture.ts";
import {
  accountFor,
  balanceOf,
  cellLimits,
  publishThrough,
  type RealCell,
  type RealResult,
  resultOf,
  wallClockMs,
} from "./real-cell.ts";

/** Runs cells from a werift peer to Chromium, with a picture that it can decode. */
export class ChromiumCells implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #served: ServedPage;
  readonly #clip: readonly AccessUnit[];
  #cells = 0;

  private constructor(browser: Browser, page: Page, served: ServedPage, clip: readonly AccessUnit[]) {
    this.#browser = browser;
    this.#page = page;
    this.#served = served;
    this.#clip = clip;
  }

  static async launch(): Promise<ChromiumCells> {
    const clip = await encodeClip();
    const served = await servePage(resolve(import.meta.dirname, "../pages/loss.ts"));
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(served.url);
    return new ChromiumCells(browser, page, served, clip);
  }

  /** Runs one cell; several at a time may. */
  async run(cell: RealCell): Promise<RealResult> {
    const name = `cell ${this.#cells}`;
    this.#cells += 1;
    const { dependencyDescriptor } = cell;
    const sending = new RTCPeerConnection(linkConfig({ loopback: true, dependencyDescriptor }, cell.nack, true));
    const video = new WeriftVideo({ limits: cellLimits });
    const connected = video.connect(sending);
    const { sdp: offered } = await offer(sending);
    const sdp = await this.#page.evaluate(([name, offer]) => watchOffer(name, offer), [name, offered] as const);
    await sending.setRemoteDescription({ type: "answer", sdp });
    await connected;
    const ledger = new FrameLedger();
    const there = impairSending(sending, cell, (rtpTimestamp, isLost) => ledger.sent(rtpTimestamp, isLost));
    const back = delayReceiving(sending, cell.rttMs / 2);
    const account = accountFor(cell);
    const picture = new LoopedClip(this.#clip);
    video.connectEncoder(picture);
    const { lateness, rtpTimestamps } = await publishThrough(cell, video, account, (frame) => picture.next(frame));
    const balance = await balanceOf(account, wallClockMs(), async () => {
      for (const { message, gap, heartbeat, atMs } of await this.#page.evaluate((name) => arrivalsOf(name), name)) {
        if (message) account.received(message as ReceivedMessage<Sample>, atMs);
        if (gap) account.gap(gap as Gap);
        if (heartbeat) account.heartbeat(heartbeat, atMs);
      }
    });
    await this.#page.evaluate((name) => endOf(name), name);
    video.close();
    there[Symbol.dispose]();
    back[Symbol.dispose]();
    await sending.close();
    const frames = cell.copies === 1 && !cell.nack ? ledger.balance(account, rtpTimestamps) : undefined;
    return resultOf(cell, balance, there.counts, lateness, frames);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#served[Symbol.asyncDispose]();
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

function encodeClip(): Promise<AccessUnit[]> {
  const size = { width: 640, height: 360, framerate: framesPerSecond };
  const keyFrameInterval = framesPerGop / framesPerSecond;
  return encodedPictures({ ...size, frames: framesPerGop, bitrate: 1_000_000, keyFrameInterval });
}
