/** What the boxes of an ISO base media file (ISO/IEC 14496-12) say about how it can be read. */
export interface TableCheck {
  /** Whether there is a moov box. */
  readonly hasMovie: boolean;
  /** Whether the moov box lists samples. */
  readonly hasSamples: boolean;
  /** Whether there are moof boxes. */
  readonly hasFragments: boolean;
  /** How many moov boxes there are. */
  readonly movies: number;
  /** Where the last box begins when it is larger than what is left of the file. */
  readonly cutBox?: number;
  /** Whether a track has several sample entries, each with parameter sets of its own (8.5.2). */
  readonly hasSeveralEntries: boolean;
  /** Whether a chunk or run holds so many samples that only FFmpeg reads them in linear time and memory. */
  readonly hasLargeChunks: boolean;
  /**
   * Whether tables announce more than the file can hold: "partly" where readers that compare the tables are safe,
   * "wholly" where no other table contradicts them.
   */
  readonly forged: "no" | "partly" | "wholly";
}

/** A check under way. */
export type Check = { -readonly [Key in keyof TableCheck]: TableCheck[Key] } & {
  readonly sizeBytes: number;
  /** How many more samples the fragments may announce. */
  fragmentSamples: number;
  /** How many more boxes are read. */
  boxes: number;
};
