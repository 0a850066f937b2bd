import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  type Transport,
} from "@connectrpc/connect";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { LazyService } from "@ameideio/core-proto/roster";
import { cutError, cutOfSignal } from "./attempt.js";
import { createClient } from "./create_client.js";
import { AmeideError } from "./errors.js";

type Method = (input: unknown, options?: CallOptions) => unknown;
type Kind = DescMethod["methodKind"];
type Methods = Readonly<Record<string, Method>>;

// As long as a call has by default.
const LOAD_TIMEOUT_MS = 30_000;

// What was loaded, for all clients: a second one need not wait.
const loaded = new WeakMap<LazyService<DescService>, DescService>();

/** The service, if it has been loaded. */
export function loadedService<S extends DescService>(lazy: LazyService<S>): S | undefined {
  return loaded.get(lazy) as S | undefined;
}

/**
 * Loads a service, unless it is loaded. It is given up after 30 seconds.
 *
 * @param name - What the service is called in the error.
 * @throws AmeideError `unavailable`, reason `SERVICE_NOT_LOADED`.
 */
export async function loadService(name: string, lazy: LazyService<DescService>): Promise<void> {
  if (loaded.has(lazy)) {
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const reason = new Error(`it was not there after ${LOAD_TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(reason), LOAD_TIMEOUT_MS);
  });
  try {
    const { service } = await Promise.race([lazy.load(), late]);
    loaded.set(lazy, service);
  } catch (reason) {
    const source = new ConnectError(`the service ${name} could not be loaded`, Code.Unavailable);
    source.cause = reason;
    throw new AmeideError(source, {
      origin: "client",
      reason: "SERVICE_NOT_LOADED",
      retryable: true,
    });
  } finally {
    clearTimeout(timer);
  }
}

// What a caller waits for who may lose patience. One who has none to begin with
// still is told first what is wrong with the call.
function orAborted<T>(loading: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined || signal.aborted) {
    return loading;
  }
  return new Promise((resolve, reject) => {
    const abort = () => reject(aborted(signal.reason));
    signal.addEventListener("abort", abort, { once: true });
    const left = () => signal.removeEventListener("abort", abort);
    loading.then(resolve, reject).then(left, left);
  });
}

// As for a call that has begun.
function aborted(reason: unknown): AmeideError {
  const stopReason = cutOfSignal(reason);
  return new AmeideError(cutError(stopReason, reason), { origin: "client", stopReason });
}

/**
 * A client like that of `createClient`, whose first calls wait for the service
 * to be loaded. They begin when that is done; later ones begin at once.
 *
 * @param name - What the service is called where it cannot be loaded.
 */
export function createLazyClient<S extends DescService>(
  name: string,
  lazy: LazyService<S>,
  transport: Transport,
): Client<S> {
  let made: Methods | undefined;
  const ready = () => {
    const service = made === undefined ? loadedService(lazy) : undefined;
    if (service !== undefined) {
      made = createClient(service, transport) as unknown as Methods;
    }
    return made;
  };
  const load = async () => {
    await loadService(name, lazy);
    return ready() as Methods;
  };
  const client: Record<string, Method> = {};
  for (const [method, kind] of Object.entries<Kind>(lazy.methods)) {
    client[method] = (input, options) => {
      const methods = ready();
      if (methods !== undefined) {
        return (methods[method] as Method)(input, options);
      }
      const call = (those: Methods) => (those[method] as Method)(input, options);
      const loading = orAborted(load(), options?.signal);
      return kind === "unary" || kind === "client_streaming"
        ? loading.then(call)
        : openSoon(loading, call as (those: Methods) => AsyncIterable<unknown>);
    };
  }
  return client as Client<S>;
}

// As in `createClient`, the call begins as soon as it can, not when its first
// message is asked for; but who has left by then has never opened it.
function openSoon<T>(
  loading: Promise<Methods>,
  open: (methods: Methods) => AsyncIterable<T>,
): AsyncIterable<T> {
  let messages: AsyncIterator<T> | undefined;
  let left = false;
  const opened = (async () => {
    const methods = await loading;
    if (!left) {
      messages = open(methods)[Symbol.asyncIterator]();
    }
  })();
  // Whoever reads it is told.
  opened.catch(() => {});
  const end = { done: true, value: undefined } as const;
  const iterator: AsyncIterator<T> = {
    async next() {
      await opened;
      return messages?.next() ?? end;
    },
    async return() {
      left = true;
      return messages?.return?.() ?? end;
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
