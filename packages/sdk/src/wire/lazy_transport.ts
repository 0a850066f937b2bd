import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { AmeideError } from "../errors/errors.js";

/** Transport whose code may still be loading. */
export interface LazyTransport extends Transport {
  /** True once the code is loaded; until then calls wait for it. */
  readonly isLoaded: boolean;
}

type Made<Options> = (options: Options) => Transport;

// Time after which a call that waits for another call's loading starts its own: in a worker,
// loading may have ended together with that call.
const JOIN_MS = 3_000;
// The default timeout of a call.
const LOAD_TIMEOUT_MS = 30_000;

/**
 * Creates transports whose code is loaded with the first of them. Calls wait for it within their
 * deadlines, and 30 seconds at most. If loading fails they fail with the reason
 * `PROTOCOL_NOT_LOADED`, and the next call tries again.
 *
 * @param name - Name of the code, for the error.
 * @param load - Loads the function that creates the transport.
 */
export function lazyTransport<Options>(
  name: string,
  load: () => Promise<Made<Options>>,
): (options: Options) => LazyTransport {
  let create: Made<Options> | undefined;
  let loading: Promise<Made<Options>> | undefined;

  function notLoaded(reason: unknown): AmeideError {
    const source = new ConnectError(`${name} could not be loaded`, Code.Unavailable);
    source.cause = reason;
    return new AmeideError(source, { origin: "client", reason: "PROTOCOL_NOT_LOADED" });
  }

  function begin(): Promise<Made<Options>> {
    const made = load().then(
      (found) => (create = found),
      (reason: unknown) => {
        if (loading === made) {
          loading = undefined;
        }
        throw notLoaded(reason);
      },
    );
    loading = made;
    return made;
  }

  function loaded(): Promise<Made<Options>> {
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let joined: Promise<Made<Options>> | undefined;
      const join = (leftMs: number) => {
        const made = loading === undefined || loading === joined ? begin() : loading;
        joined = made;
        const ended = (end: () => void) => {
          clearTimeout(timer);
          end();
        };
        made.then(
          (found) => ended(() => resolve(found)),
          (reason: Error) => joined === made && ended(() => reject(reason)),
        );
        timer = setTimeout(() => {
          if (leftMs > JOIN_MS) {
            join(leftMs - JOIN_MS);
          } else {
            reject(notLoaded(new Error(`it was not there after ${LOAD_TIMEOUT_MS} ms`)));
          }
        }, JOIN_MS);
        // The call itself keeps the process alive, where there are processes.
        (timer as { unref?: () => void }).unref?.();
      };
      join(LOAD_TIMEOUT_MS);
    });
  }

  return (options) => {
    let transport = create?.(options);
    // Loading starts ahead of need; a call that needs it reports a failure.
    if (transport === undefined && loading === undefined) {
      begin().catch(() => {});
    }
    const reached = async (): Promise<Transport> => {
      const make = create ?? (await loaded());
      return (transport ??= make(options));
    };
    return {
      get isLoaded() {
        return transport !== undefined;
      },
      unary: async (method, signal, timeoutMs, header, input, values) =>
        (await reached()).unary(method, signal, timeoutMs, header, input, values),
      stream: async (method, signal, timeoutMs, header, input, values) =>
        (await reached()).stream(method, signal, timeoutMs, header, input, values),
    };
  };
}
