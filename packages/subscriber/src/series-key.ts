/** One topic of a source. */
export function topicKey(source: number, topic: string | undefined): string {
  return topic === undefined ? `${source}` : `${source} ${topic}`;
}
