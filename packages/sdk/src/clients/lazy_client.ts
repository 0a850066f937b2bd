import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  type Transport,
} from "@connectrpc/connect";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { LazyService } from "@ameideio/core-proto/roster";
import { abortError, causeOfSignal } from "../call/attempt.js";
import { withCallersStack } from "../runtime/callers_stack.js";
import { unheard } from "../runtime/callbacks.js";
import { checkRuntimeOptions, readCallOptions } from "../options/check_call_options.js";
import { createClient } from "./create_client.js";
import { AmeideError } from "../errors/errors.js";
import { type Closed, lifetimeOf } from "../call/lifetime.js";
import { signalMessage } from "../call/limit_message.js";
import { listen, unlisten } from "../runtime/signals.js";

type Method = (input: unknown, options?: CallOptions) => unknown;
type Kind = DescMethod["methodKind"];
type Methods = Readonly<Record<string, Method>>;
type Open = (methods: Methods) => AsyncIterable<unknown>;

// The default timeout of a call.
const LOAD_TIMEOUT_MS = 30_000;

// Loading state of a service, shared by all clients: once loaded, none waits.
class Arrival {
  service: DescService | undefined;
  /** Number of calls that wait for it and have not begun. */
  waiting = 0;
  readonly comes: Promise<void>;
  private arrived!: () => void;

  constructor() {
    this.comes = new Promise((resolve) => (this.arrived = resolve));
  }

  isHere(service: DescService): void {
    this.service = service;
    this.arrived();
  }
}

const arrivals = new WeakMap<LazyService<DescService>, Arrival>();

function arrivalOf(lazy: LazyService<DescService>): Arrival {
  let arrival = arrivals.get(lazy);
  if (arrival === undefined) {
    arrival = new Arrival();
    arrivals.set(lazy, arrival);
  }
  return arrival;
}

/** Returns the service if it has been loaded. */
export function loadedService<S extends DescService>(lazy: LazyService<S>): S | undefined {
  return arrivalOf(lazy).service as S | undefined;
}

/**
 * Loads a service, unless it is loaded. Gives up after 30 seconds.
 *
 * @param name - Name of the service in the error.
 * @param left - Promise that rejects when no call waits for it any more.
 * @throws AmeideError `unavailable`, reason `SERVICE_NOT_LOADED`.
 */
export async function loadService(
  name: string,
  lazy: LazyService<DescService>,
  left?: Promise<never>,
): Promise<void> {
  const arrival = arrivalOf(lazy);
  if (arrival.service !== undefined) {
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const reason = new Error(`it was not there after ${LOAD_TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(reason), LOAD_TIMEOUT_MS);
  });
  try {
    const ways = [lazy.load(), late, arrival.comes];
    const mine = await Promise.race(left === undefined ? ways : [...ways, left]);
    if (arrival.service === undefined) {
      if (mine?.service === undefined) {
        throw new Error("what was loaded has no service");
      }
      arrival.isHere(mine.service);
    }
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

// Creates the error of an aborted wait, as of a call that has begun.
function aborted(reason: unknown): AmeideError {
  const stopReason = causeOfSignal(reason);
  const error = abortError(stopReason, signalMessage(stopReason), reason);
  return new AmeideError(error, { origin: "client", stopReason });
}

/**
 * Creates a client like that of `createClient`, whose first calls wait until the service is loaded.
 * Later calls begin at once.
 *
 * @param name - Name of the service in the error if it cannot be loaded.
 */
export function createLazyClient<S extends DescService>(
  name: string,
  lazy: LazyService<S>,
  transport: Transport,
): Client<S> {
  const arrival = arrivalOf(lazy);
  const lifetime = lifetimeOf(transport);
  let made: Methods | undefined;
  const ready = () => {
    const service = made === undefined ? loadedService(lazy) : undefined;
    if (service !== undefined) {
      made = createClient(service, transport) as unknown as Methods;
    }
    return made;
  };
  // Calls begin in the order they were made, each in its own async context. Each loads for itself:
  // in a worker, work that another request began ends with that request. A call whose signal has
  // fired already still reports wrong arguments first.
  const wait = <T>(begin: (those: Methods) => T, options: CallOptions | undefined): Promise<T> =>
    new Promise((resolve) => {
      const signal = signalOf(options);
      let waits = true;
      let stop!: () => void;
      const left = unheard(new Promise<never>((_, reject) => (stop = reject)));
      const startedMs = performance.now();
      const leave = (begun: () => T | Promise<T>) => {
        const then = lifetime === undefined ? begun : () => lifetime.begin(waiting, begun);
        if (waits) {
          waits = false;
          stop();
          arrival.waiting--;
          unlisten(signal, waiting);
          try {
            resolve(then());
          } catch (reason) {
            resolve(withCallersStack(AmeideError.from(reason)));
          }
        }
      };
      const waiting = {
        handleEvent: () => leave(() => withCallersStack(aborted(signal?.reason))),
        close: (closed: Closed) => {
          const waitedMs = Math.floor(performance.now() - startedMs);
          const error = closed(`the call had waited ${waitedMs} ms for its service to be loaded`);
          leave(() => withCallersStack(error));
        },
      };
      const refusal = lifetime?.refusal();
      if (refusal !== undefined) {
        resolve(withCallersStack(refusal));
        return;
      }
      lifetime?.add(waiting);
      if (signal?.aborted === false) {
        listen(signal, waiting);
      }
      arrival.waiting++;
      void arrival.comes.then(() => leave(() => begin(ready() as Methods)));
      loadService(name, lazy, left).catch((reason: Error) => leave(() => withCallersStack(reason)));
    });
  const client: Record<string, Method> = {};
  for (const [method, kind] of Object.entries<Kind>(lazy.methods)) {
    client[method] = (input, options) => {
      const methods = arrival.waiting === 0 ? ready() : undefined;
      if (methods !== undefined) {
        return (methods[method] as Method)(input, options);
      }
      const call = (those: Methods) => (those[method] as Method)(input, options);
      return kind === "unary" || kind === "client_streaming"
        ? wait(call, options)
        : openSoon((open) => wait(open, options), call as Open);
    };
  }
  return client as Client<S>;
}

function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  const { signal } = options === undefined ? {} : readCallOptions(options);
  checkRuntimeOptions(signal, undefined);
  return signal;
}

// Opens a call as soon as possible, as in `createClient`, not when its first message is asked for.
// A stream abandoned before that is never opened.
function openSoon(
  wait: (open: (methods: Methods) => void) => Promise<void>,
  open: Open,
): AsyncIterable<unknown> {
  let messages: AsyncIterator<unknown> | undefined;
  let left = false;
  const opened = wait((methods) => {
    if (!left) {
      messages = open(methods)[Symbol.asyncIterator]();
    }
  });
  // Prevents an unhandled rejection; `next()` still reports the error.
  void unheard(opened);
  const end = { done: true, value: undefined } as const;
  const iterator: AsyncIterator<unknown> = {
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
