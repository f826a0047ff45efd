/** Something that is wrong with a stream or a file. */
export interface Finding {
  /** Name of the rule, for programs: "nal-ref-idc", "sei-after-vcl", "truncated" and so on. */
  readonly rule: string;
  /**
   * "error" where a standard is violated or the input is broken, "warning" where receivers are known to fail, or where
   * something was left out or guessed.
   */
  readonly severity: "error" | "warning";
  /** The violated clause, for example "H.264 7.4.1", where there is one. */
  readonly clause?: string;
  /** What is wrong, in words. */
  readonly message: string;
  /** Index of the access unit. */
  readonly accessUnit?: number;
  /** Index of the NAL unit in its access unit. */
  readonly nalUnit?: number;
  /** Byte offset in the input, or in the sample where `sample` is given. */
  readonly offset?: number;
  /** Index of the RTP packet. */
  readonly packet?: number;
  /** Index of the sample of a container. */
  readonly sample?: number;
}

/** Where a finding was made. */
export type FindingPlace = Pick<Finding, "accessUnit" | "nalUnit" | "offset" | "packet" | "sample">;
