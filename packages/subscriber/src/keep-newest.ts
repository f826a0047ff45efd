/** How much a table of sources or of series remembers: what was silent for longest is forgotten first. */
const maxKept = 1024;

/** Makes a key the newest of at most so many. Returns the oldest entry where it had to go. */
export function keepNewest<K, V>(map: Map<K, V>, key: K, value: V, limit: number = maxKept): [K, V] | undefined {
  map.delete(key);
  map.set(key, value);
  if (map.size <= limit) return undefined;
  const [oldest] = map;
  if (oldest !== undefined) map.delete(oldest[0]);
  return oldest;
}
