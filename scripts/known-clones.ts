/** Files of which any two may hold some equal lines, and why. */
export interface KnownClone {
  readonly files: readonly string[];
  /** How many lines two of them share at most. */
  readonly lines: number;
  readonly why: string;
}

const publisher = "packages/publisher";
const subscriber = "packages/subscriber";
const ofOwnClock = "each sets up a fake clock and the side that it tests, until the rig does";

/** What `npm run check` lets files share. Whoever removes the last clone of an entry removes the entry. */
export const knownClones: readonly KnownClone[] = [
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
    lines: 20,
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
    files: ["packages/browser/test/recording-sink.ts", "packages/werift/test/werift-feed.node.test.ts"],
    lines: 13,
    why: "a sink that remembers is written twice, until the rig holds it",
  },
];
