const everyMs = 100;

/** Calls `collect` again and again, never twice at once. The function that comes back stops that with one last call. */
export function repeatedly(collect: () => Promise<void>): () => Promise<void> {
  let isOver = false;
  let collecting = Promise.resolve();
  const timer = setInterval(() => {
    collecting = collecting.then(() => (isOver ? undefined : collect())).catch(() => {});
  }, everyMs);
  return async () => {
    clearInterval(timer);
    isOver = true;
    await collecting;
    await collect();
  };
}
