/** A map of limited size: what was used longest ago leaves it. */
export class RecentMap<K, V> {
  // The one used longest ago comes first.
  private readonly entries = new Map<K, V>();
  private last: { readonly key: K; readonly value: V } | undefined;

  /** @param dropped - Is told what left because of the limit. */
  constructor(
    private readonly limit: number,
    private readonly dropped?: (value: V) => void,
  ) {}

  /** The value of a key, made where there is none. */
  get(key: K, make: () => V): V {
    // Mostly the same is asked for again, and is the newest already.
    if (this.last?.key === key) {
      return this.last.value;
    }
    const value = this.entries.has(key) ? (this.entries.get(key) as V) : this.add(make());
    this.entries.delete(key);
    this.entries.set(key, value);
    this.last = { key, value };
    return value;
  }

  /** From the one used longest ago. */
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
