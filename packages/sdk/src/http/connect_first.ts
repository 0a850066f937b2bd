import type { LookupAddress } from "node:dns";
import type { Socket } from "node:net";

/**
 * Time that an address is tried alone before the next one joins (RFC 8305, section 5), in
 * milliseconds.
 */
export const NEXT_ADDRESS_MS = 250;

/** Time without traffic after which TCP asks whether the peer is there, in milliseconds. */
export const TCP_KEEPALIVE_MS = 30_000;

/**
 * Connects to the address that answers first (happy eyeballs, RFC 8305). Node's own version gives
 * up an address after 250 ms, so that a distant host is never reached.
 *
 * @param signal - Ends it.
 */
export function connectFirst(
  addresses: readonly LookupAddress[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const { connect } = process.getBuiltinModule("node:net");
  return new Promise((resolve, reject) => {
    const trying = new Set<Socket>();
    const errors: Error[] = [];
    let next = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = (then: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      then();
    };
    const stop = () => {
      settle(() => reject(signal.reason as Error));
      trying.forEach((socket) => socket.destroy());
    };
    const tryNext = () => {
      clearTimeout(timer);
      const address = addresses[next++];
      if (address === undefined) {
        if (trying.size === 0) {
          settle(() => reject(ofAll(errors)));
        }
        return;
      }
      const socket = connect({
        host: address.address,
        port,
        family: address.family,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: TCP_KEEPALIVE_MS,
      });
      trying.add(socket);
      socket.on("error", (reason) => {
        if (trying.delete(socket)) {
          errors.push(reason);
          tryNext();
        }
      });
      socket.once("connect", () => {
        trying.delete(socket);
        const rest = [...trying];
        trying.clear();
        settle(() => resolve(socket));
        rest.forEach((each) => each.destroy());
      });
      if (next < addresses.length) {
        timer = setTimeout(tryNext, NEXT_ADDRESS_MS);
      }
    };
    signal.addEventListener("abort", stop);
    tryNext();
  });
}

function ofAll(errors: readonly Error[]): Error {
  const [first] = errors;
  if (errors.length > 1) {
    return new AggregateError(errors);
  }
  return first ?? new Error("the host has no address");
}
