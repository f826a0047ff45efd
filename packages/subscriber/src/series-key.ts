/** One source within a group of feeds. */
export function sourceKey(group: string, source: number): string {
  return `${source} ${group}`;
}

/** One topic of a source within a group of feeds. */
export function topicKey(group: string, source: number, topic: string | undefined): string {
  // A group is the application's and may hold anything, a topic is the peer's: its length tells where it ends.
  return topic === undefined ? sourceKey(group, source) : `${topic.length}:${topic}${sourceKey(group, source)}`;
}
