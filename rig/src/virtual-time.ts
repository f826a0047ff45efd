interface Task {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Where virtual time begins, in milliseconds since 1970: ids carry the time, so it has to be a plausible one. */
const beginMs = 1_750_000_000_000;

/**
 * Time that passes as fast as the work allows, in the same order for every run: within `run`, everything that is called
 * has its timers and clocks from here, and its microtasks wait for the end of each task. Called code must not await.
 */
export class VirtualTime {
  #nowMs = beginMs;
  #order = 0;
  readonly #heap: Task[] = [];
  readonly #microtasks: (() => void)[] = [];

  /** Milliseconds since 1970. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Does something at a time, after what was put there before. */
  at(atMs: number, run: () => void): Task {
    const task: Task = { atMs: Math.max(atMs, this.#nowMs), order: this.#order, run };
    this.#order += 1;
    this.#push(task);
    return task;
  }

  /** Lets `begin` start things, and goes on until `durationMs` have passed. */
  run(durationMs: number, begin: () => void): void {
    const { setTimeout, clearTimeout, queueMicrotask } = globalThis;
    const [systemNow, steadyNow] = [Date.now, performance.now];
    const endMs = this.#nowMs + durationMs;
    Object.assign(globalThis, {
      setTimeout: (run: () => void, delayMs = 0) => this.at(this.#nowMs + Math.max(1, delayMs), run),
      clearTimeout: (task: Task | undefined) => {
        if (task) task.run = undefined;
      },
      queueMicrotask: (run: () => void) => this.#microtasks.push(run),
    });
    Date.now = () => this.#nowMs;
    performance.now = () => this.#nowMs - performance.timeOrigin;
    try {
      begin();
      this.#runMicrotasks();
      for (let task = this.#pop(); task !== undefined && task.atMs <= endMs; task = this.#pop()) {
        this.#nowMs = task.atMs;
        task.run?.();
        this.#runMicrotasks();
      }
    } finally {
      Object.assign(globalThis, { setTimeout, clearTimeout, queueMicrotask });
      Date.now = systemNow;
      performance.now = steadyNow;
    }
  }

  #runMicrotasks(): void {
    for (let run = this.#microtasks.shift(); run !== undefined; run = this.#microtasks.shift()) run();
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Task;
      if (!isBefore(task, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = task;
  }

  #pop(): Task | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Task, heap[below] as Task)) below += 1;
      const child = heap[below] as Task;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
