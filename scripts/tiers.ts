/**
 * The tier of every door (ARCHITECTURE.md). A door imports only doors of lower tiers; `also` names the doors of its own
 * tier that it may import besides. A package without a main door has a core all the same, under the package's name.
 */
export interface Door {
  readonly tier: number;
  readonly also?: readonly string[];
}

export const doors: Readonly<Record<string, Door>> = {
  "@inband/rtp": { tier: 0 },
  "@inband/h264": { tier: 1, also: ["@inband/h264/rtp"] },
  "@inband/h264/rtp": { tier: 1, also: ["@inband/h264"] },
  "@inband/wire": { tier: 2 },
  "@inband/publisher": { tier: 3 },
  "@inband/publisher/werift": { tier: 3, also: ["@inband/publisher"] },
  "@inband/publisher/node-datachannel": { tier: 3, also: ["@inband/publisher", "@inband/publisher/werift"] },
  "@inband/publisher/browser": { tier: 3, also: ["@inband/publisher"] },
  "@inband/publisher/data-channel": { tier: 3, also: ["@inband/publisher"] },
  "@inband/publisher/worker": { tier: 3, also: ["@inband/publisher"] },
  "@inband/subscriber": { tier: 3 },
  "@inband/subscriber/werift": { tier: 3, also: ["@inband/subscriber"] },
  "@inband/subscriber/node-datachannel": { tier: 3, also: ["@inband/subscriber"] },
  "@inband/subscriber/browser": { tier: 3, also: ["@inband/subscriber"] },
  "@inband/subscriber/hls": { tier: 3, also: ["@inband/subscriber"] },
  "@inband/subscriber/data-channel": { tier: 3, also: ["@inband/subscriber"] },
  "@inband/subscriber/worker": { tier: 3, also: ["@inband/subscriber"] },
  "@inband/h264/node-av": { tier: 3 },
  "@inband/h264/encoder": { tier: 4 },
  "@inband/media": { tier: 4 },
  "@inband/media/inspect": { tier: 4, also: ["@inband/media"] },
  "@inband/media/frames": { tier: 4, also: ["@inband/h264/encoder", "@inband/media"] },
  "@inband/stage": { tier: 4 },
  "@inband/stage/server": { tier: 4, also: ["@inband/stage"] },
  "@inband/stage/client": { tier: 4, also: ["@inband/stage"] },
  inband: { tier: 6 },
};
