import { spawn } from "node:child_process";

/** What has not ended by then hangs; `inband` gives itself 6 s. */
const patienceMs = 10_000;
/** A signal that the terminal sends to every process, and npm then hands on, comes more than once. */
const samePressMs = 500;
const watchEveryMs = 200;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
const parent = process.ppid;

/** Whether whoever started this process has gone. */
export function isOrphan() {
  return process.ppid !== parent;
}

/**
 * Runs a program and resolves to its exit code, 1 where a signal ended it. It does not outlive this process: signals are
 * handed on, and it is told to end when the parent of this process has gone. This process then ends with it.
 * `hasGroup` gives it a process group of its own, which ends with it.
 */
export function runChild(file, args, { hasGroup = false, ...options } = {}) {
  const isGroup = hasGroup && process.platform !== "win32";
  let isEnding = false;
  let patience;
  let handedAt = Number.NEGATIVE_INFINITY;
  const end = (signal) => {
    isEnding = true;
    patience ??= setTimeout(kill, patienceMs, "SIGKILL");
    if (performance.now() - handedAt < samePressMs) return;
    handedAt = performance.now();
    kill(signal);
  };
  // Before the child runs: a signal that comes meanwhile is not to end this process alone.
  for (const signal of signals) process.on(signal, end);
  const child = spawn(file, args, { stdio: "inherit", ...options, detached: isGroup });
  const kill = (signal) => {
    if (!isGroup || child.pid === undefined) return child.kill(signal);
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  };

  const watch = setInterval(() => {
    if (!isOrphan()) return;
    clearInterval(watch);
    end("SIGTERM");
  }, watchEveryMs);

  return new Promise((resolve, reject) => {
    const settle = (outcome) => {
      clearTimeout(patience);
      clearInterval(watch);
      for (const signal of signals) process.off(signal, end);
      outcome();
    };
    child.once("error", (error) => settle(() => reject(error)));
    child.once("exit", (code) => {
      if (isEnding) kill("SIGKILL");
      settle(() => (isEnding ? process.exit(code ?? 1) : resolve(code ?? 1)));
    });
  });
}
