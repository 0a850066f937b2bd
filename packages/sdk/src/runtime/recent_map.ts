/** Map of limited size: the least recently used entry leaves it. */
export class RecentMap<K, V> {
  // Ordered by last use, oldest first.
  private readonly entries = new Map<K, V>();
  private last: { readonly key: K; readonly value: V } | undefined;

  /** @param dropped - Receives entries that leave because of the limit. */
  constructor(
    private readonly limit: number,
    private readonly dropped?: (value: V) => void,
  ) {}

  /** Returns the value of a key, created if needed. */
  get(key: K, make: () => V): V {
    // Mostly the newest key is asked for again.
    if (this.last?.key === key) {
      return this.last.value;
    }
    const value = this.entries.has(key) ? (this.entries.get(key) as V) : this.add(make());
    this.entries.delete(key);
    this.entries.set(key, value);
    this.last = { key, value };
    return value;
  }

  /** Iterates from the least recently used. */
  values(): IterableIterator<V> {
    return this.entries.values();
  }

  clear(): void {
    this.entries.clear();
    this.last = undefined;
  }

  private add(value: V): V {
    for (const [key, old] of this.entries) {
      if (this.entries.size < this.limit) {
        break;
      }
      this.entries.delete(key);
      this.dropped?.(old);
    }
    return value;
  }
}
