import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { AmeideError } from "./errors.js";

/** A transport whose code may still be on its way. */
export interface LateTransport extends Transport {
  /** Calls have to wait for the code. */
  readonly late: boolean;
}

/**
 * Makes transports whose code is loaded with the first of them. Calls wait for
 * it, as long as they have. If it cannot be loaded they fail with the reason
 * `PROTOCOL_NOT_LOADED`, and the next one tries again.
 *
 * @param name - What is loaded, for the error.
 * @param load - Loads what makes the transport.
 */
export function lateTransport<Options>(
  name: string,
  load: () => Promise<(options: Options) => Transport>,
): (options: Options) => LateTransport {
  let create: Awaited<ReturnType<typeof load>> | undefined;
  let loading: ReturnType<typeof load> | undefined;

  function loaded(): ReturnType<typeof load> {
    loading ??= load().then(
      (found) => (create = found),
      (reason: unknown) => {
        loading = undefined;
        const source = new ConnectError(`${name} could not be loaded`, Code.Unavailable);
        source.cause = reason;
        throw new AmeideError(source, { origin: "client", reason: "PROTOCOL_NOT_LOADED" });
      },
    );
    return loading;
  }

  return (options) => {
    let transport = create?.(options);
    const reached = async (): Promise<Transport> => {
      const make = await loaded();
      return (transport ??= make(options));
    };
    // Begun before it is needed; a call that needs it tells of a failure.
    reached().catch(() => {});
    return {
      get late() {
        return transport === undefined;
      },
      unary: async (method, signal, timeoutMs, header, input, values) =>
        (await reached()).unary(method, signal, timeoutMs, header, input, values),
      stream: async (method, signal, timeoutMs, header, input, values) =>
        (await reached()).stream(method, signal, timeoutMs, header, input, values),
    };
  };
}
