/** How a source is read. */
export interface SourceOptions {
  /**
   * Whether the source begins again at its end, for ever: timestamps go on rising, and each pass begins where the last
   * picture or sound of the one before ended.
   *
   * @defaultValue false
   */
  readonly loop?: boolean;
  /**
   * Whether packets come when they are due by the clock, rather than as fast as they are read.
   *
   * @defaultValue false
   */
  readonly realtime?: boolean;
  /** Ends opening and reading by throwing its reason. */
  readonly signal?: AbortSignal;
}

/** The names of all options. */
export const sourceOptionNames: ReadonlySet<string> = new Set([
  "loop",
  "realtime",
  "signal",
] satisfies (keyof SourceOptions)[]);
