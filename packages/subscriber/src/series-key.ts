/** Topics of sources, or sources, that one table remembers. */
export const maxSeries = 1024;

/** One topic of a source. */
export function topicKey(source: number, topic: string | undefined): string {
  return topic === undefined ? `${source}` : `${source} ${topic}`;
}
