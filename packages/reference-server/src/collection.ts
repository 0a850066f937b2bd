import type { Message } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Call } from "./call.js";
import { notFound, Problem } from "./errors.js";
import { numberKey, paginate } from "./pages.js";
import type { Store } from "./store.js";

/** What is listed of a collection, and in which order. */
export interface Listing<T> {
  /** Chooses the items. Default: all. */
  where?: (item: T) => boolean;
  /** Sorts the items, instead of their order of addition. No two have the same key. */
  key?: (item: T) => string;
  /** Default `descending`: the latest first. */
  direction?: "ascending" | "descending";
}

/** Resources of a tenant by key, in the order they were added. */
export class Collection<T extends object> {
  private readonly items = new Map<string, { ordinal: number; item: T }>();

  /** @param resource - What one is called in errors, in lower snake case: `api_key`. */
  constructor(
    private readonly store: Store,
    private readonly resource: string,
  ) {}

  /**
   * Adds an item, or replaces that of the key, whose place it takes.
   *
   * @returns the item.
   */
  set(key: string, item: T): T {
    const ordinal = this.items.get(key)?.ordinal ?? this.store.tick();
    this.items.set(key, { ordinal, item });
    return item;
  }

  /**
   * Adds an item.
   *
   * @throws Problem `already_exists` if there is one of the key.
   */
  add(key: string, item: T): T {
    if (this.items.has(key)) {
      throw alreadyExists(this.resource, key);
    }
    return this.set(key, item);
  }

  /** Returns the item of a key. */
  find(key: string): T | undefined {
    return this.items.get(key)?.item;
  }

  /**
   * Returns the item of a key.
   *
   * @throws Problem `not_found`
   */
  get(key: string): T {
    const item = this.find(key);
    if (item === undefined) {
      throw notFound(this.resource, key);
    }
    return item;
  }

  /** Removes the item of a key, and returns it if there was one. */
  delete(key: string): T | undefined {
    const item = this.find(key);
    this.items.delete(key);
    return item;
  }

  /** Lists all items, in the order they were added. */
  all(): T[] {
    return [...this.items.values()].map(({ item }) => item);
  }

  /** Cuts one page out of the items (AIP-158). */
  page(
    call: Call,
    request: Message & { pageSize: number; pageToken: string },
    { where = () => true, key, direction = "descending" }: Listing<T> = {},
  ): { items: T[]; nextPageToken: string } {
    const chosen = [...this.items.values()].filter(({ item }) => where(item));
    const { items, nextPageToken } = paginate(this.store.sealer, call, request, chosen, {
      key: ({ ordinal, item }) => key?.(item) ?? numberKey(ordinal),
      direction,
    });
    return { items: items.map(({ item }) => item), nextPageToken };
  }
}

/** Creates an `already_exists` for a resource of the tenant. */
export function alreadyExists(resource: string, key: string): Problem {
  return new Problem(
    Code.AlreadyExists,
    `${resource.toUpperCase()}_EXISTS`,
    `${resource.replaceAll("_", " ")} exists already`,
    { metadata: { [resource]: key } },
  );
}
