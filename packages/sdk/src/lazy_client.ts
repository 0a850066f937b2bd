import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  type Transport,
} from "@connectrpc/connect";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { LazyService } from "@ameideio/core-proto/roster";
import { createClient } from "./create_client.js";
import { AmeideError } from "./errors.js";

type Method = (input: unknown, options?: CallOptions) => unknown;
type Kind = DescMethod["methodKind"];
type Methods = Readonly<Record<string, Method>>;

// What was loaded, for all clients: a second one need not wait.
const loaded = new WeakMap<LazyService<DescService>, DescService>();

/** The service, if it has been loaded. */
export function loadedService<S extends DescService>(lazy: LazyService<S>): S | undefined {
  return loaded.get(lazy) as S | undefined;
}

/**
 * Loads a service, unless it is loaded.
 *
 * @param name - What the service is called in the error.
 * @throws AmeideError `unavailable`, reason `SERVICE_NOT_LOADED`.
 */
export async function loadService(name: string, lazy: LazyService<DescService>): Promise<void> {
  if (loaded.has(lazy)) {
    return;
  }
  try {
    loaded.set(lazy, (await lazy.load()).service);
  } catch (reason) {
    const source = new ConnectError(`the service ${name} could not be loaded`, Code.Unavailable);
    source.cause = reason;
    throw new AmeideError(source, {
      origin: "client",
      reason: "SERVICE_NOT_LOADED",
      retryable: true,
    });
  }
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
  const soon = async () => {
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
      return kind === "unary" || kind === "client_streaming"
        ? soon().then(call)
        : openSoon(soon(), call as (those: Methods) => AsyncIterable<unknown>);
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
