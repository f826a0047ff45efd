import type { Peer } from "../ends.ts";
import type { Forwarding } from "./forwarding.ts";

/** A server that is run in place of the stage, with its own signalling: offers and answers are handed to it. */
export interface Middle extends Peer {
  start(): Promise<RunningMiddle>;
}

export interface RunningMiddle {
  /** Takes the offer of a peer that publishes H.264. */
  publish(offer: string): Promise<Published>;
  close(): Promise<void>;
}

/** What somebody publishes. */
export interface Published {
  readonly answer: string;
  /** Offers it to a peer, which answers. */
  subscribe(answer: (offer: string) => Promise<string>): Promise<Subscribed>;
}

/** What somebody receives. */
export interface Subscribed {
  readonly offer: string;
  /** Where the middle tells what it sends on. */
  readonly forwarding?: Forwarding;
  /** Sends another simulcast layer from its next key frame on, 0 the smallest. */
  chooseLayer(layer: number): Promise<void>;
}
