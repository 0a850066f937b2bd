import { type AmeideOptions, createClient } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { ConformanceService } from "@ameideio/conformance-proto/ameide/conformance/v1";
import { baseUrlOf, type Caller, type Place } from "../caller.js";
import { TIMES } from "../settings.js";
import { connectCaller } from "./connect.js";

/** The SDK, with what 64 calls in flight need, and times that are a fifth of the defaults. */
export function ameideCaller(place: Place): Caller {
  const { column, material, withoutRetries } = place;
  const tls = () => {
    const { ca, cert, key } = material();
    return { ca, certificate: cert, key };
  };
  const options: AmeideOptions = {
    baseUrl: baseUrlOf(place),
    protocol: column.protocol,
    httpVersion: column.httpVersion,
    ...(column.httpVersion === "1.1"
      ? { allowInsecureLoopback: true }
      : { tls, keepAlive: TIMES.keepAlive }),
    timeoutMs: TIMES.deadlineMs,
    attemptTimeoutMs: TIMES.attemptMs,
    connectTimeoutMs: TIMES.connectMs,
    firstMessageTimeoutMs: TIMES.firstMessageMs,
    idleTimeoutMs: TIMES.idleMs,
    // A broken connection fails all that are in flight at once, and the default pays 35 retries.
    budget: { capacity: 10_000 },
    // A gap between two servers is waited for.
    waitForReady: true,
    ...(withoutRetries && { retry: false }),
  };
  const transport = createAmeideTransport(options);
  const client = createClient(ConformanceService, transport);
  return { ...connectCaller(client, place, () => transport.close()), rotates: true };
}
