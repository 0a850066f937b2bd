import type { Message } from "@bufbuild/protobuf";
import type { Call } from "./call.js";
import { invalidField, type Problem } from "./errors.js";
import { fingerprint } from "./fingerprint.js";
import { methodFacts } from "./method_facts.js";
import type { Sealer } from "./seal.js";

/** Items per page if the request leaves it to the server. */
export const DEFAULT_PAGE_SIZE = 50;

/** Order of a list. */
export interface Order<T> {
  /** Sorts the items by code unit. No two items have the same key. */
  key: (item: T) => string;
  direction: "ascending" | "descending";
}

/**
 * Cuts one page out of a list (AIP-158). A page token holds the key of the last item sent, so that
 * items added or removed between pages neither repeat nor hide others. It is sealed for the tenant,
 * the method and every other field of the request but `page_size`.
 *
 * @throws Problem `invalid_argument` for a token that was made for another query, or not here.
 */
export function paginate<T>(
  sealer: Sealer,
  call: Call,
  request: Message & { pageSize: number; pageToken: string },
  items: Iterable<T>,
  order: Order<T>,
): { items: T[]; nextPageToken: string } {
  const purpose = JSON.stringify([
    "page",
    call.tenant,
    methodFacts(call.method).name,
    fingerprint(call.method.input, request, ["page_size", "page_token"]),
  ]);
  const after = request.pageToken === "" ? undefined : sealer.open(purpose, request.pageToken);
  if (request.pageToken !== "" && after === undefined) {
    throw invalidPageToken();
  }

  const sign = order.direction === "ascending" ? 1 : -1;
  const rest = Array.from(items, (item) => ({ item, key: order.key(item) }))
    .filter(({ key }) => after === undefined || sign * compare(key, after) > 0)
    .sort((a, b) => sign * compare(a.key, b.key));
  const page = rest.slice(0, request.pageSize || DEFAULT_PAGE_SIZE);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    nextPageToken:
      last !== undefined && page.length < rest.length ? sealer.seal(purpose, last.key) : "",
  };
}

/** Returns a number as a key: it sorts like the number, up to 2^53. */
export function numberKey(value: number): string {
  return String(value).padStart(16, "0");
}

function compare(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}

function invalidPageToken(): Problem {
  const description = "must be the next_page_token of the same query";
  return invalidField("page_token", "INVALID_PAGE_TOKEN", description);
}
