/** What has not happened by then hangs, on however busy a machine: the time limit of a wait, in milliseconds. */
export const hangMs = 120_000;
