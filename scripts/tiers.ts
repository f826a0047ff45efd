/**
 * The tier of every entry point (ARCHITECTURE.md). An entry point imports only lower tiers; `also` names those of its own
 * tier that it may import besides. A package without a main entry point has a core all the same, under its name.
 */
export interface EntryPoint {
  readonly tier: number;
  readonly also?: readonly string[];
}

export const entryPoints: Readonly<Record<string, EntryPoint>> = {
  "@inband/rtp": { tier: 0 },
  "@inband/h264": { tier: 1, also: ["@inband/h264/rtp"] },
  "@inband/h264/rtp": { tier: 1, also: ["@inband/h264"] },
  "@inband/wire": { tier: 2 },
  "@inband/stage-protocol": { tier: 3 },
  "@inband/stream": { tier: 3 },
  "@inband/h264/node-av": { tier: 3 },
  "@inband/publisher": { tier: 4 },
  "@inband/subscriber": { tier: 4 },
  "@inband/werift": { tier: 4 },
  "@inband/node-datachannel": { tier: 4 },
  "@inband/browser": { tier: 4 },
  "@inband/browser/worker": { tier: 4, also: ["@inband/browser"] },
  "@inband/browser/whip": { tier: 5 },
  "@inband/data-channel": { tier: 4 },
  "@inband/hls": { tier: 4 },
  "@inband/ivs": { tier: 4 },
  "@inband/h264/encoder": { tier: 4 },
  "@inband/media": { tier: 4 },
  "@inband/media/inspect": { tier: 4, also: ["@inband/media"] },
  "@inband/media/probe": { tier: 4 },
  "@inband/media/frame-number": { tier: 4, also: ["@inband/h264/encoder"] },
  "@inband/media/frames": { tier: 4, also: ["@inband/h264/encoder", "@inband/media", "@inband/media/frame-number"] },
  "@inband/recorder": { tier: 5 },
  "@inband/stage": { tier: 5 },
  "@inband/stage/server": { tier: 5, also: ["@inband/stage"] },
  "@inband/stage/client": { tier: 5, also: ["@inband/stage"] },
  "@inband/cli": { tier: 8 },
  inband: { tier: 8 },
  "inband/h264": { tier: 8 },
  "inband/h264/rtp": { tier: 8 },
  "inband/h264/encoder": { tier: 8 },
  "inband/rtp": { tier: 8 },
  "inband/werift": { tier: 8 },
  "inband/node-datachannel": { tier: 8 },
  "inband/browser": { tier: 8 },
  "inband/browser/whip": { tier: 8 },
  "inband/browser/worker": { tier: 8 },
  "inband/data-channel": { tier: 8 },
  "inband/hls": { tier: 8 },
  "inband/ivs": { tier: 8 },
  "inband/media": { tier: 8 },
  "inband/media/frames": { tier: 8 },
  "inband/media/inspect": { tier: 8 },
  "inband/media/probe": { tier: 8 },
  "inband/media/frame-number": { tier: 8 },
  "inband/stage/server": { tier: 8 },
  "inband/stage/client": { tier: 8 },
};
