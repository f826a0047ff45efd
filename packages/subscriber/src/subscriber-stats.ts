/** Figures of a subscriber since it was made. */
export interface SubscriberStats {
  /** Access units that arrived, with or without messages. */
  readonly accessUnits: number;
  /** user_data_unregistered messages that arrived. */
  readonly userData: number;
  /** SEI messages that were broken and could not be read. */
  readonly broken: number;
  /** user_data_unregistered messages of no profile. */
  readonly foreign: number;
  /** Messages that were delivered. */
  readonly messages: number;
  /** Further copies of them. */
  readonly duplicates: number;
  /** Messages that never arrived. */
  readonly missing: number;
  /** Messages that arrived too late for their place in the order and were not delivered: see `Late`. */
  readonly late: number;
  /** Messages that did not fit the schema of their topic. */
  readonly invalid: number;
  /** Messages of which fragments never arrived, or for whose fragments there was no room. */
  readonly incomplete: number;
  /** Messages that slow readers missed. */
  readonly lagged: number;
  /** Errors, those without an event included. */
  readonly errors: number;
}

/** The figures of a subscriber while it counts. */
export type Counts = { -readonly [Name in keyof SubscriberStats]: number };

/** All figures at zero. */
export function zeroCounts(): Counts {
  return {
    accessUnits: 0,
    userData: 0,
    broken: 0,
    foreign: 0,
    messages: 0,
    duplicates: 0,
    missing: 0,
    late: 0,
    invalid: 0,
    incomplete: 0,
    lagged: 0,
    errors: 0,
  };
}
