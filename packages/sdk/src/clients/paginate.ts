import { Code, ConnectError, type CallOptions } from "@connectrpc/connect";
import { callSettingsKey } from "../call/call_options.js";
import { readCallOptions } from "../options/check_call_options.js";
import { didYouMean } from "../errors/did_you_mean.js";
import { AmeideError, configError, namingConfigError } from "../errors/errors.js";
import { readOptions } from "../errors/read_options.js";
import { SeenTokens } from "./seen_tokens.js";

/** A page of a list method (AIP-158). */
export interface Page {
  readonly nextPageToken: string;
}

/** Type of the elements of a page: those of its only repeated field. */
export type ItemOf<P> = {
  [K in keyof P]-?: P[K] extends readonly (infer T)[] ? T : never;
}[keyof P];

/** Bounds of a {@link paginate}. */
export interface PaginateOptions {
  /** Maximum number of items. Default: no bound. */
  readonly maxItems?: number | undefined;
  /** Maximum number of pages. Default: no bound. */
  readonly maxPages?: number | undefined;
  /** Options of every call, for example made by `call()`. A request id is refused. */
  readonly call?: CallOptions | undefined;
}

/** Items of all pages; each iteration starts at the first page. */
export interface Paginated<P> extends AsyncIterable<ItemOf<P>> {
  /** Iterates over the pages themselves. */
  pages(): AsyncIterable<P>;
}

const OPTIONS: readonly string[] = [
  "maxItems",
  "maxPages",
  "call",
] satisfies (keyof PaginateOptions)[];

/** List method of a client. */
type ListMethod<R, P> = (request: R, options?: CallOptions) => Promise<P>;

/**
 * Iterates over all pages of a list method (AIP-158). Each page is a call of its own, with its own
 * id and deadline. An empty page with a token does not end the list; a repeated token fails with
 * `internal`, reason `PAGE_TOKEN_LOOP`. Leaving the loop early cancels the call in flight.
 *
 * ```ts
 * for await (const thread of paginate(client.listThreads, { pageSize: 100 })) { … }
 * ```
 *
 * @throws AmeideError CONFIG_INVALID for a bound below 1 or a request id.
 */
export function paginate<R extends { pageToken?: string }, P extends Page>(
  method: ListMethod<R, P>,
  request: R,
  given: PaginateOptions = {},
): Paginated<P> {
  const options: { -readonly [K in keyof PaginateOptions]: PaginateOptions[K] } = readOptions(
    "options",
    () => ({ ...given }),
  );
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) {
      const rule = `is no option of paginate; known here: ${OPTIONS.join(", ")}; settings of each call go into call: call({ … })`;
      throw configError(name, didYouMean(name, OPTIONS) + rule);
    }
  }
  if (options.call !== undefined) {
    options.call = readCallOptions(options.call);
  }
  for (const name of ["maxItems", "maxPages"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw namingConfigError(name, "must be an integer of at least 1", value);
    }
  }
  if (options.call?.contextValues?.get(callSettingsKey)?.requestId !== undefined) {
    throw configError("requestId", "cannot be given to paginate: every page is a call of its own");
  }
  return {
    pages: () =>
      cancelable(options.call?.signal, (signal) => pages(method, request, options, signal)),
    [Symbol.asyncIterator]: () =>
      cancelable(options.call?.signal, (signal) => items(method, request, options, signal))[
        Symbol.asyncIterator
      ](),
  };
}

async function* pages<R extends { pageToken?: string }, P extends Page>(
  method: ListMethod<R, P>,
  request: R,
  options: PaginateOptions,
  signal: AbortSignal,
): AsyncGenerator<P> {
  const seen = new SeenTokens();
  let pageToken = request.pageToken ?? "";
  for (let count = 1; ; count++) {
    seen.add(pageToken, count);
    const page = await method({ ...request, pageToken }, { ...options.call, signal });
    yield page;
    pageToken = page.nextPageToken;
    if (pageToken === "" || count === options.maxPages) {
      return;
    }
    if (seen.has(pageToken)) {
      const source = new ConnectError("a page token came twice", Code.Internal);
      throw new AmeideError(source, { origin: "client", reason: "PAGE_TOKEN_LOOP" });
    }
  }
}

async function* items<R extends { pageToken?: string }, P extends Page>(
  method: ListMethod<R, P>,
  request: R,
  options: PaginateOptions,
  signal: AbortSignal,
): AsyncGenerator<ItemOf<P>> {
  let left = options.maxItems ?? Infinity;
  for await (const page of pages(method, request, options, signal)) {
    for (const item of itemsOf(page)) {
      yield item;
      if (--left === 0) {
        return;
      }
    }
  }
}

// AIP-158: the first repeated field holds the elements.
function itemsOf<P extends Page>(page: P): readonly ItemOf<P>[] {
  const list = Object.values(page).find(Array.isArray);
  return (list ?? []) as ItemOf<P>[];
}

// Cancels the call in flight before returning, since a generator's return would wait for it.
function cancelable<T>(
  outer: AbortSignal | undefined,
  generate: (signal: AbortSignal) => AsyncGenerator<T>,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const controller = new AbortController();
      const onAbort = () => controller.abort(outer?.reason);
      if (outer?.aborted === true) {
        onAbort();
      }
      outer?.addEventListener("abort", onAbort);
      const generator = generate(controller.signal);
      const ended = () => outer?.removeEventListener("abort", onAbort);
      return {
        next: () =>
          generator.next().then(
            (result) => {
              if (result.done === true) {
                ended();
              }
              return result;
            },
            (reason: unknown) => {
              ended();
              throw reason;
            },
          ),
        return: () => {
          ended();
          controller.abort();
          // The call in flight fails now, and its error is not wanted.
          return generator.return(undefined).catch(() => ({ done: true, value: undefined }));
        },
      };
    },
  };
}
