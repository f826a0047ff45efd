/** One rule that a stream breaks. */
export interface LintFinding {
  /** Name of the rule, for programs: "nal-ref-idc", "sei-after-vcl" and so on. */
  readonly rule: string;
  /** "error" where the standard is violated, "warning" where it is not and receivers are known to fail. */
  readonly severity: "error" | "warning";
  /** The violated clause, for example "H.264 7.4.1". */
  readonly clause: string;
  /** What is wrong, in words. */
  readonly message: string;
  /** Index of the access unit. */
  readonly accessUnit?: number;
  /** Index of the NAL unit in its access unit. */
  readonly nalUnit?: number;
  /** Byte offset in the linted bytes. */
  readonly offset?: number;
  /** Index of the RTP packet. */
  readonly packet?: number;
}

/** Where a finding was made. */
export type LintPlace = Pick<LintFinding, "accessUnit" | "nalUnit" | "offset" | "packet">;
