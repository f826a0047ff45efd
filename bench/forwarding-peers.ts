/** Who passes packets on. */
export type Forwarder = "stage" | "bare";

/** What the bench asks of the process of the forwarders. */
export interface ForwardersRequest {
  readonly type: "start" | "usage";
}

/** Where a forwarder takes offers: `url/publish` and `url/subscribe`, each with `participant` behind it. */
export interface ForwarderPlace {
  readonly url: string;
  readonly participant: string;
}

/** What it answers. */
export type ForwardersAnswer =
  | {
      readonly type: "started";
      readonly token: string;
      readonly places: Readonly<Record<Forwarder, ForwarderPlace>>;
    }
  | {
      readonly type: "usage";
      /** CPU time of the process so far. */
      readonly cpuUs: number;
      /** Packets that have come so far. */
      readonly packets: Readonly<Record<Forwarder, number>>;
    };

/** Has one more receiver ask there for the video. */
export interface ViewerRequest {
  readonly url: string;
  readonly token: string;
}

/** Says that a receiver is connected, or why it is not. */
export interface ViewerAnswer {
  readonly error?: string;
}
