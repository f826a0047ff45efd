/** Files of which any two may hold some equal lines, and why. */
export interface KnownClone {
  readonly files: readonly string[];
  /** How many lines two of them share at most. */
  readonly lines: number;
  readonly why: string;
}

const publisher = "packages/publisher";
const subscriber = "packages/subscriber";
const inBothDirections =
  "a transport has a file for each direction, in two packages, until it has a package of its own";
const ofOwnClock = "each sets up a fake clock and the side that it tests, until the rig does";

/** What `npm run check` lets files share. Whoever removes the last clone of an entry removes the entry. */
export const knownClones: readonly KnownClone[] = [
  {
    files: ["packages/h264/src/encoder/node-av.ts", "packages/media/src/node-av.ts"],
    lines: 12,
    why: "node-av is loaded in two packages, until it is loaded in one",
  },
  {
    files: [`${publisher}/src/browser/carrier-worker.ts`, `${subscriber}/src/browser/feed-worker.ts`],
    lines: 13,
    why: inBothDirections,
  },
  {
    files: [`${publisher}/src/browser/frame-writer.ts`, `${subscriber}/src/browser/frame-reader.ts`],
    lines: 17,
    why: inBothDirections,
  },
  {
    files: [`${publisher}/src/browser/pass-through.ts`, `${subscriber}/src/browser/pass-through.ts`],
    lines: 15,
    why: inBothDirections,
  },
  {
    files: [`${publisher}/src/browser/sender-tap.ts`, `${subscriber}/src/browser/receiver-tap.ts`],
    lines: 11,
    why: inBothDirections,
  },
  {
    files: [
      `${publisher}/src/node-datachannel/node-data-channel-carrier.ts`,
      `${publisher}/src/werift/werift-video.ts`,
    ],
    lines: 23,
    why: "what sends access units is written for each transport, until AccessUnitCarrier holds it",
  },
  {
    files: [
      `${subscriber}/src/data-channel/data-channel-feed.ts`,
      `${subscriber}/src/node-datachannel/node-data-channel-feed.ts`,
    ],
    lines: 11,
    why: "what a feed does when its channel closes is written for each, until the packages of the transports share it",
  },
  {
    files: [
      "after-the-frame",
      "bad-days",
      "heartbeats",
      "losses",
      "publisher-to-subscriber",
      "retained",
      "sei-publisher",
    ].map((name) => `${publisher}/test/${name}.test.ts`),
    lines: 18,
    why: ofOwnClock,
  },
  {
    files: ["bad-days", "joining", "never-twice", "order", "sei-subscriber", "whose-word"].map(
      (name) => `${subscriber}/test/${name}.test.ts`,
    ),
    lines: 30,
    why: ofOwnClock,
  },
  {
    files: [`${subscriber}/test/browser/recording-sink.ts`, `${subscriber}/test/werift/werift-feed.node.test.ts`],
    lines: 13,
    why: "a sink that remembers is written twice, until the rig holds it",
  },
];
