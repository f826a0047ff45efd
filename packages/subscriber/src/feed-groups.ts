import { FeedGroup, type FeedGroupOwner } from "./feed-group.ts";
import { never } from "./never.ts";

/** Ids that all groups remember together, some 8 MB: 200 publishers of 30 messages a second for 5 s. */
const maxIds = 32_768;
/** Ids that each group remembers at least, however many there are: 30 messages a second for 60 s. */
const minIds = 2048;
/** Groups with a name that are kept while none of their feeds is attached. The one made first goes first. */
const maxIdleGroups = 64;

/** The groups of the feeds that are, or may again be, attached to a subscriber. */
export class FeedGroups<M> implements Iterable<FeedGroup<M>> {
  readonly #owner: FeedGroupOwner<M>;
  readonly #groups = new Set<FeedGroup<M>>();
  readonly #named = new Map<string, FeedGroup<M>>();

  constructor(owner: FeedGroupOwner<M>) {
    this.#owner = owner;
  }

  /** The group of a feed that is to be attached: one of its own, unless it names one. */
  of(feed: string, name: string | undefined): FeedGroup<M> {
    if (name === undefined) return this.#make(feed);
    const group = this.#named.get(name) ?? this.#make(name);
    this.#named.set(name, group);
    return group;
  }

  /**
   * Forgets the groups that no feed can bring anything to, once nothing of them waits to be reported. A group with a name
   * may be joined again.
   */
  prune(): void {
    const idle = [...this.#named].filter(([, { strips }]) => strips.size === 0);
    for (const [name] of idle.slice(0, -maxIdleGroups)) this.#named.delete(name);
    const named = new Set(this.#named.values());
    for (const group of this.#groups) {
      if (group.strips.size > 0 || named.has(group) || group.nextDeadlineMs() < never) continue;
      group.reassembly.clear();
      this.#groups.delete(group);
    }
  }

  /** Forgets everything. */
  close(): void {
    for (const { reassembly } of this.#groups) reassembly.clear();
    this.#groups.clear();
    this.#named.clear();
  }

  [Symbol.iterator](): IterableIterator<FeedGroup<M>> {
    return this.#groups.values();
  }

  #make(feed: string): FeedGroup<M> {
    const idLimit = (): number => Math.max(minIds, maxIds / this.#groups.size);
    const group = new FeedGroup<M>(feed, idLimit, this.#owner);
    this.#groups.add(group);
    return group;
  }
}
