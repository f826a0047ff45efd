import { parseSei, parseUserDataUnregistered } from "@inband/h264";
import {
  type CarrierEvents,
  type CarrierLimits,
  CarrierPublishers,
  type OpenCarrier,
  type SeiCarrier,
} from "@inband/stream";
import { decodeEnvelope, decodeValue, type Envelope, EnvelopeFlag } from "@inband/wire";
import { endOfTurn } from "./turn.ts";

/** What one access unit carried. */
export interface CarriedFrame {
  readonly rtpTimestamp: number;
  readonly nals: readonly Uint8Array[];
  readonly payloads: readonly Uint8Array[];
}

/** A carrier whose access units leave when a test says so. */
export class ManualCarrier implements SeiCarrier {
  readonly name: string;
  readonly limits: CarrierLimits;
  readonly publishers: CarrierPublishers;
  events: CarrierEvents | undefined;
  opened = 0;
  readonly #next = new Map<string, number>();

  constructor(name = "manual", limits: CarrierLimits = { bytesPerAccessUnit: 4096, bytesPerSecond: 65_536 }) {
    this.name = name;
    this.limits = limits;
    this.publishers = new CarrierPublishers(limits);
  }

  open(events: CarrierEvents, limits: CarrierLimits): OpenCarrier {
    this.events = events;
    this.opened += 1;
    return this.publishers.open(events, limits);
  }

  /** One access unit leaves, 3000 ticks after the last one of its stream. */
  frame(options: { stream?: string; isKeyFrame?: boolean; timestamp?: number } = {}): CarriedFrame {
    const { stream: name = "1", isKeyFrame = false, timestamp } = options;
    const rtpTimestamp = this.#next.get(name) ?? 1000;
    this.#next.set(name, (rtpTimestamp + 3000) >>> 0);
    const stream = this.publishers.stream(name);
    const nals = stream.take({ rtpTimestamp, isKeyFrame, ...(timestamp === undefined ? {} : { timestamp }) });
    stream.commit();
    endOfTurn();
    return { rtpTimestamp, nals, payloads: payloadsOf(nals) };
  }

  /** This many access units leave at once. */
  frames(count: number, options: { stream?: string } = {}): CarriedFrame[] {
    return Array.from({ length: count }, () => this.frame(options));
  }
}

/** The payloads of user_data_unregistered in SEI NAL units. */
export function payloadsOf(nals: readonly Uint8Array[]): Uint8Array[] {
  return nals.flatMap((nal) => parseSei(nal).map(({ payload }) => parseUserDataUnregistered(payload).payload));
}

/** The envelopes that an access unit carried. */
export function envelopesOf({ payloads }: CarriedFrame): Envelope[] {
  return payloads.map((payload) => decodeEnvelope(payload));
}

/** Whether an envelope is a heartbeat. */
export function isHeartbeat({ flags }: Envelope): boolean {
  return (flags & EnvelopeFlag.Heartbeat) !== 0;
}

/** The messages of the application that an access unit carried. */
export function messagesOf(frame: CarriedFrame): Envelope[] {
  return envelopesOf(frame).filter((envelope) => !isHeartbeat(envelope));
}

/** The values of the whole messages that an access unit carried. */
export function valuesOf(frame: CarriedFrame): unknown[] {
  return messagesOf(frame).map(({ body }) => decodeValue(body));
}
