import { WeriftAudio, WeriftVideo } from "@inband/werift";
import { checkOptions, kindOf } from "@inband/wire";
import type { ConnectOptions } from "./connect-options.ts";
import type { JoinStageOptions } from "./join-stage-options.ts";
import type { PublishedMedia } from "./media-connections.ts";

const connectOptionNames: ReadonlySet<string> = new Set([
  "url",
  "token",
  "trustedHosts",
  "timeoutMs",
  "signal",
] satisfies (keyof ConnectOptions)[]);

const joinOptionNames: ReadonlySet<string> = new Set([
  "token",
  "publish",
  "subscribe",
  "shouldSubscribe",
  "timeoutMs",
  "signal",
] satisfies (keyof JoinStageOptions)[]);

const mediaNames: ReadonlySet<string> = new Set(["video", "audio"] satisfies (keyof PublishedMedia)[]);

/** @throws TypeError that names what is not as it should be. */
export function checkConnect(pc: unknown, options: ConnectOptions): void {
  const { offer, getTransceivers } = Object(pc) as { readonly offer?: unknown; readonly getTransceivers?: unknown };
  const isPeer = typeof offer === "function" || typeof getTransceivers === "function";
  expect(isPeer, "pc", "an RTCPeerConnection of werift, or an OfferingPeer", pc);
  expect(options !== undefined, "options", "an object with a url", options);
  checkOptions(options, connectOptionNames);
  const { url, token, trustedHosts, signal } = options;
  expect(typeof url === "string", "url", "an http or https URL", url);
  expect(token === undefined || typeof token === "string", "token", "a string", token);
  expect(trustedHosts === undefined || Array.isArray(trustedHosts), "trustedHosts", "an array of hosts", trustedHosts);
  expect(signal === undefined || signal instanceof AbortSignal, "signal", "an AbortSignal", signal);
}

/** What is the same in pages is checked where they join. @throws TypeError that names the option. */
export function checkJoin(options: JoinStageOptions): void {
  expect(options !== undefined, "options", "an object with a token", options);
  checkOptions(options, joinOptionNames);
  const { publish, subscribe } = options;
  if (publish !== undefined && !(publish instanceof WeriftVideo)) {
    const { video, audio } = Object(publish) as Partial<PublishedMedia>;
    expect(video instanceof WeriftVideo, "publish", "a WeriftVideo, or { video, audio }", publish);
    checkOptions(publish, mediaNames);
    expect(audio === undefined || audio instanceof WeriftAudio, "publish.audio", "a WeriftAudio", audio);
  }
  const isReceiver = subscribe === undefined || typeof subscribe?.attach === "function";
  expect(isReceiver, "subscribe", "a SeiSubscriber", subscribe);
}

function expect(holds: boolean, name: string, expected: string, got: unknown): void {
  if (!holds) throw new TypeError(`${name}: expected ${expected}, got ${kindOf(got)}`);
}
