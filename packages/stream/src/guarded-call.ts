/**
 * Calls code of the application and tells `failed` what it throws, and what its promise rejects with: an unhandled
 * rejection ends a process of Node.
 */
export function guardedCall(call: () => unknown, failed: (thrown: unknown) => void): void {
  try {
    catchRejection(call(), failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/** Tells `failed` what a result rejects with, where it is a promise. */
export function catchRejection(result: unknown, failed: (thrown: unknown) => void): void {
  const promise = result as Promise<unknown> | null | undefined;
  // Not any thenable: a lazy one begins when it is asked.
  if (promise?.[Symbol.toStringTag] === "Promise") promise.then(undefined, failed);
}
