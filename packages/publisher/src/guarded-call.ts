/**
 * Calls code of the application and tells `failed` what it throws. So too what its promise rejects with: a rejection that
 * nobody handles ends a process of Node.
 */
export function guardedCall(call: () => unknown, failed: (thrown: unknown) => void): void {
  try {
    const result = call() as Promise<unknown> | undefined;
    // Not any thenable: a lazy one begins when it is asked.
    if (result?.[Symbol.toStringTag] === "Promise") result.then(undefined, failed);
  } catch (thrown) {
    failed(thrown);
  }
}
