import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { mediasoupFolder } from "../../../scripts/mediasoup.mjs";
import type { TracedPacket } from "./forwarding.ts";

export interface Codec {
  readonly mimeType: string;
  readonly clockRate: number;
  readonly payloadType: number;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly rtcpFeedback: readonly { readonly type: string; readonly parameter?: string }[];
}

export interface Encoding {
  readonly ssrc?: number;
  readonly rid?: string;
  readonly rtx?: { readonly ssrc: number };
}

export interface RtpParameters {
  readonly mid?: string;
  readonly codecs: readonly Codec[];
  readonly headerExtensions: readonly { readonly uri: string; readonly id: number }[];
  readonly encodings: readonly Encoding[];
  readonly rtcp: { readonly cname?: string };
}

export interface DtlsParameters {
  readonly role?: "client" | "server";
  readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[];
}

export interface Transport {
  readonly iceParameters: { readonly usernameFragment: string; readonly password: string };
  readonly iceCandidates: readonly {
    readonly foundation: string;
    readonly ip: string;
    readonly port: number;
    readonly priority: number;
    readonly type: string;
  }[];
  readonly dtlsParameters: DtlsParameters;
  connect(options: { readonly dtlsParameters: DtlsParameters }): Promise<void>;
  produce(options: { readonly kind: "video"; readonly rtpParameters: RtpParameters }): Promise<Producer>;
  consume(options: object): Promise<Consumer>;
}

/** Tells of each packet as it passes, with the time of its process in milliseconds. */
export interface Traced {
  enableTraceEvent(types: readonly "rtp"[]): Promise<void>;
  on(event: "trace", told: (trace: { readonly info: TracedPacket; readonly timestamp: number }) => void): void;
}

export interface Producer extends Traced {
  readonly id: string;
}

export interface Consumer extends Traced {
  readonly rtpParameters: RtpParameters;
  resume(): Promise<void>;
  setPreferredLayers(layers: { readonly spatialLayer: number }): Promise<void>;
}

export interface Router {
  readonly rtpCapabilities: {
    readonly codecs: readonly Pick<Codec, "mimeType" | "rtcpFeedback">[];
    readonly headerExtensions: readonly { readonly kind: string; readonly uri: string; readonly direction: string }[];
  };
  createWebRtcTransport(options: object): Promise<Transport>;
}

/** What is used here of mediasoup, which is no dependency: it is built for the matrix alone. */
export interface Mediasoup {
  readonly version: string;
  createWorker(): Promise<{ createRouter(options: object): Promise<Router>; close(): void }>;
}

/** mediasoup, or why it is not there. */
export function findMediasoup(): Mediasoup | string {
  if (!existsSync(mediasoupFolder)) return "not built: npm run test:interop builds it, on Debian as root";
  return createRequire(join(mediasoupFolder, "package.json"))("mediasoup") as Mediasoup;
}
