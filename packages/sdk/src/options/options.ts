import type { Interceptor, Transport } from "@connectrpc/connect";
import type { CommonTransportOptions, UniversalClientFn } from "@connectrpc/connect/protocol";
import type { JsonObject, Registry } from "@bufbuild/protobuf";
import type { ClientPolicy } from "@ameideio/core-proto/ameide/policy/v1";
import type { Auth } from "../auth/auth.js";
import type { Logger, LogLevel } from "../telemetry/log.js";
import type { Observer } from "../telemetry/observer.js";
import type { Preset, Protocol } from "../policy/policy.js";
import type { Telemetry } from "../telemetry/telemetry.js";

/** Options of the transports that speak a protocol, in Connect's terms. */
export type WireOptions = CommonTransportOptions & {
  useHttpGet: boolean;
  /**
   * Creates the headers of a unary request that nobody but the SDK sees; the answer's are in their form.
   * Default: the runtime's.
   */
  createHeaders?: (() => Headers) | undefined;
};

/** Makes the transports that speak the protocols, below the policies. */
export type Wire = Readonly<Record<Protocol, (options: WireOptions) => Transport>>;

/** Marks {@link Wire}s of `/connect-wire`, in every copy of this package. */
export const wireMark: unique symbol = Symbol.for("ameide.sdk.wire");

/** When and how failed attempts are retried. */
export interface RetryOptions {
  /** Attempts of one call, the first included, 1 to 5. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** Base of the exponential backoff in milliseconds, at least 1. Default 50. */
  readonly baseDelayMs?: number | undefined;
  /** Base of the backoff after a throttle in milliseconds, at least 1. Default 1000. */
  readonly throttleDelayMs?: number | undefined;
  /** Cap of the computed backoff in milliseconds, at least 1. Default 20000. */
  readonly maxDelayMs?: number | undefined;
  /** Longest wait a server may ask for in milliseconds, at least 1. Default 60000. */
  readonly maxServerDelayMs?: number | undefined;
  /** Codes retried beyond the standard ones, in Connect's spelling (`aborted`). Default none. */
  readonly retryableCodes?: readonly string[] | undefined;
  /**
   * Retry only with proof: a method that states no idempotency level and carries no key is repeated
   * only if nothing was sent. A server cannot ask for more, and a refused token is not followed by
   * a replay. Default false.
   */
  readonly requireIdempotency?: boolean | undefined;
}

/** The retry budget of a client, shared by all clients derived from it. */
export interface BudgetOptions {
  /** Initial and maximum number of tokens, 1 to 10000. Default 500. */
  readonly capacity?: number | undefined;
  /** Cost of a retry, 1 to 10000. Default 14. */
  readonly cost?: number | undefined;
  /** Cost of a retry after a throttle, and of the transparent retry, 1 to 10000. Default 5. */
  readonly throttleCost?: number | undefined;
}

/** Source of the deadline of the request being served: Connect's `HandlerContext` is one. */
export interface AmbientDeadline {
  /** Returns the milliseconds left, or undefined for no deadline. */
  timeoutMs(): number | undefined;
}

/** Settings that a client, its methods and a single call accept. */
export interface Settings {
  /** Authentication of calls; `null` sends no credential. Default `null`. */
  readonly auth?: Auth | null | undefined;
  /** Tenant; `null` sends none. Default `null`. */
  readonly tenant?: string | null | undefined;
  /**
   * Overall deadline of a call in milliseconds, greater than 0. Default 30000 for
   * unary calls, none for streams.
   */
  readonly timeoutMs?: number | undefined;
  /** True for no overall deadline. Excludes `timeoutMs`. Default false. */
  readonly noDeadline?: boolean | undefined;
  /**
   * Longest time of one attempt of a unary call while another may follow, in milliseconds, greater
   * than 0. Default 10000.
   */
  readonly attemptTimeoutMs?: number | undefined;
  /**
   * Longest wait for the first message of a server stream, for each attempt, in milliseconds,
   * greater than 0. Default 30000; none if the proto says `long_lived`.
   */
  readonly firstMessageTimeoutMs?: number | undefined;
  /**
   * Longest wait for each further message of a server or bidi stream, in milliseconds, greater
   * than 0. Default 60000; none if the proto says `long_lived`.
   */
  readonly idleTimeoutMs?: number | undefined;
  /** When and how failed attempts are retried; `false` for never. */
  readonly retry?: false | RetryOptions | undefined;
  /**
   * True to go on until the deadline, even beyond `maxAttempts`, while nothing of a call was sent,
   * because there is no connection or the server refuses before it reads. A call without a deadline
   * goes on until it is canceled. Without effect if `retry` is `false`. Default false, or
   * `wait_for_ready` of the proto. The term is gRPC's.
   */
  readonly waitForReady?: boolean | undefined;
  /** Extra headers. Names of the SDK, the protocol or the connection are refused. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * `auto` attaches an idempotency key if the proto of the method asks for one; `off` attaches
   * none. Default `auto`.
   */
  readonly idempotencyKey?: "auto" | "off" | undefined;
  /**
   * Deadline of the request being served; the call's own ends 5 ms earlier. A value other than
   * milliseconds, `Infinity` or undefined fails the call with CONFIG_INVALID.
   */
  readonly deadlineFrom?: AmbientDeadline | (() => AmbientDeadline | undefined) | undefined;
}

/** Settings of a single call. */
export interface CallSettings extends Omit<Settings, "idempotencyKey"> {
  /** The caller's own request id: 1 to 128 visible ASCII. Default a new UUIDv7. */
  readonly requestId?: string | undefined;
  /** `auto`, `off`, or the caller's own key: 1 to 255 printable ASCII. Default `auto`. */
  readonly idempotencyKey?: string | undefined;
}

/** Options of draining a client. */
export interface DrainOptions {
  /**
   * Longest wait for calls, in milliseconds, greater than 0; calls that have not ended by then are
   * ended. Default 20000, so that it is over before Kubernetes kills after 30 s.
   */
  readonly timeoutMs?: number | undefined;
}

/** Other names for the headers the SDK sends. */
export interface HeaderNames {
  /** Default `x-tenant-id`. */
  readonly tenant?: string | undefined;
  /** Default `x-request-id`. */
  readonly requestId?: string | undefined;
  /** Default `idempotency-key`. */
  readonly idempotencyKey?: string | undefined;
}

/** TLS material, in PEM. */
export interface TlsOptions {
  /** Authorities to trust instead of the system's. */
  readonly ca?: string | Uint8Array | undefined;
  /** Client certificate chain. */
  readonly certificate?: string | Uint8Array | undefined;
  /** Private key of the client certificate. */
  readonly key?: string | Uint8Array | undefined;
}

/** PINGs that ask whether the peer of an HTTP/2 connection is there. */
export interface KeepAliveOptions {
  /**
   * Time without a byte from the peer before a PING, in milliseconds, at least 1000. Default 20000.
   * gRPC recommends no less than 10000 (gRFC A8), and servers close connections that are asked more
   * often than they allow.
   */
  readonly intervalMs?: number | undefined;
  /** Longest wait for the answer, in milliseconds, at least 1. Default 10000. */
  readonly timeoutMs?: number | undefined;
  /** True to send PINGs even while no call is under way. Default false. */
  readonly whileIdle?: boolean | undefined;
}

/** Returns TLS material for a connection that is about to be made. */
export type TlsSource = () => TlsOptions | Promise<TlsOptions>;

/** A function with the signature of `fetch`. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Init of `fetch` besides the request: `credentials`, `cache`, `mode`, `keepalive`, `priority`, and
 * members that a runtime adds (`next`, `cf`, `dispatcher`). The request itself, its signal and the
 * refusal of redirects belong to the SDK.
 */
export type FetchInit = Omit<
  RequestInit,
  "method" | "headers" | "body" | "redirect" | "signal" | "duplex"
>;

/** Compression of messages. `br` is Brotli (RFC 7932). */
export type CompressionName = "none" | "gzip" | "br";

/** Uses of compression. */
export interface CompressionOptions {
  /** Compression of requests. Default `none`. */
  readonly send?: CompressionName | undefined;
  /** Compression of responses. Default `none`. */
  readonly accept?: CompressionName | undefined;
  /** Smallest message that is compressed, in bytes, 0 to 4294967295. Default 1024. */
  readonly minBytes?: number | undefined;
}

/**
 * Options of a client. Values that they leave open come, in this order, from the environment, the
 * policy document, the options of the proto, the preset and the built-in defaults.
 */
export interface AmeideOptions extends Settings {
  /**
   * Address of the service: https, or http to a loopback address with `allowInsecureLoopback` or to
   * a host of `allowInsecureHosts`, spelled as it is used. A client derived for another origin must
   * state `auth`, `tenant`, `headers` and `tls` again if its parent has them. Default
   * `AMEIDE_BASE_URL`.
   */
  readonly baseUrl?: string | undefined;
  /** Allow plain http to localhost, 127.0.0.0/8 and ::1. Default false. */
  readonly allowInsecureLoopback?: boolean | undefined;
  /**
   * Allow plain http to these hosts, on any port, including credentials: hosts whose sidecars or
   * networks encrypt. Names and IP addresses as in the base address; `*.svc.cluster.local` is every
   * name below that one, `*.` before fewer than two labels is refused. Default none.
   */
  readonly allowInsecureHosts?: readonly string[] | undefined;
  /**
   * Send `AMEIDE_TOKEN` and `AMEIDE_TENANT` to the base address that code names. Default false:
   * they are only for the origin of `AMEIDE_BASE_URL`.
   */
  readonly environmentCredentials?: boolean | undefined;
  /**
   * Protocol on the wire. `grpc` needs HTTP/2 and is not available in browsers. Beside a transport of
   * yours it tells spans, metrics and events what that speaks. Default `connect`.
   */
  readonly protocol?: Protocol | undefined;
  /** Encoding of messages. Default `binary`. */
  readonly format?: "binary" | "json" | undefined;
  /**
   * Messages that may appear in a `google.protobuf.Any`, and extensions: JSON cannot be read or
   * written without knowing them. Default none.
   */
  readonly registry?: Registry | undefined;
  /** Settings for a service (`acme.v1.Billing`) or method (`acme.v1.Billing/Charge`). */
  readonly methods?: Readonly<Record<string, Settings>> | undefined;
  /** The retry budget. */
  readonly budget?: BudgetOptions | undefined;
  /** Interceptors of the user, run for every attempt, the first outermost. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Compression. Default none. */
  readonly compression?: CompressionOptions | undefined;
  /**
   * HTTP version. Default: over https the server's choice, `2` if it can (ALPN, RFC 7301); over
   * http `1.1`. Always `2` for `grpc`.
   */
  readonly httpVersion?: "1.1" | "2" | undefined;
  /**
   * Longest time to establish a connection, including TLS, in milliseconds, greater than 0; a call
   * that exceeds it has sent nothing. Calls that wait for one connection share this time; a call
   * may give up earlier. Not over `/web`. Default 10000.
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Maximum number of connections to an origin over HTTP/1.1, each of which carries one call, 1 to
   * 65535. Further calls wait for one, within their deadlines. HTTP/2 makes few. Over `/node` only.
   * Default 256.
   */
  readonly maxConnections?: number | undefined;
  /**
   * PINGs over HTTP/2 while calls are under way, so that even a quiet stream notices a dead
   * connection. `false` sends none, not even on a connection on which an attempt timed out. Default
   * on.
   */
  readonly keepAlive?: false | KeepAliveOptions | undefined;
  /**
   * Age of an HTTP/2 connection, in milliseconds, at least 1, give or take a tenth (as in gRFC A9),
   * after which it takes no new call and lets those under way end, so that newer servers get some.
   * Default any age.
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /**
   * Use GET for unary methods without side effects, if the address has at most 8000 characters and
   * has not been refused as too long. `connect` only. Default false.
   */
  readonly httpGet?: boolean | undefined;
  /** Largest message to receive, in bytes, 1 to 4294967295. Default 4 MiB. */
  readonly readMaxBytes?: number | undefined;
  /** Other names for the SDK's headers. */
  readonly headerNames?: HeaderNames | undefined;
  /**
   * Behavior of the environment around the client. Default `standalone`. `mesh`: one attempt, since
   * a proxy retries. It does not allow plain http; use `allowInsecureHosts`.
   */
  readonly preset?: Preset | undefined;
  /**
   * `observe`: evaluate the policy and report what it would have done, but leave the
   * call unchanged. Default `enforce`.
   */
  readonly mode?: "enforce" | "observe" | undefined;
  /** Version of the built-in defaults. Default 1. */
  readonly behavior?: number | undefined;
  /** Keys of W3C baggage to pass on. Default none. */
  readonly baggage?: readonly string[] | undefined;
  /** Create a child span for each attempt. Default false. */
  readonly attemptSpans?: boolean | undefined;
  /**
   * TLS material, checked when the client is made; or a function, called for each connection within
   * `connectTimeoutMs`, so that certificates may rotate. Default the system's.
   */
  readonly tls?: TlsOptions | TlsSource | undefined;
  /**
   * Proxy on the way to the server, an http or https address; only the proxy sees the user and
   * password in it. `null` for none. Not over `/web`. Default: the one that Node's own clients take
   * with `NODE_USE_ENV_PROXY=1`: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
   */
  readonly proxy?: string | URL | null | undefined;
  /**
   * Send the SDK's user agent as `x-user-agent` where the browser controls
   * `user-agent`. A server has to allow it (CORS). Default false.
   */
  readonly clientHeader?: boolean | undefined;
  /** `app/version` for the user agent. */
  readonly appName?: string | undefined;
  /**
   * Spans and metrics (see `/otel`); `false` for none. Default: the providers registered with
   * OpenTelemetry's global API when a call begins; none over `/web`.
   */
  readonly telemetry?: Telemetry | false | undefined;
  /** Logger. Default none. */
  readonly logger?: Logger | undefined;
  /** Level of logging, if there is a logger. Default `warn`. */
  readonly logLevel?: LogLevel | undefined;
  /** A policy document (`ameide.policy.v1.ClientPolicy`), as a message or as JSON. */
  readonly policy?: ClientPolicy | JsonObject | undefined;
  /**
   * HTTP client or transport to use instead of the SDK's own. A transport hides what the HTTP
   * client sees: failures are then told apart by code alone. To replace `fetch`, use the option
   * `fetch`.
   */
  readonly transport?: UniversalClientFn | Transport | undefined;
  /**
   * Code that speaks the protocols: `connectWire` of `/connect-wire` takes Connect's transports, with
   * the same behavior and more time for each call. Default the SDK's own.
   */
  readonly wire?: Wire | undefined;
  /**
   * Init of `fetch` besides the request, for every attempt: a page whose API is on another origin
   * and identifies its user by a cookie needs `{ credentials: "include" }`. Over `/web` only.
   * Default nothing.
   */
  readonly fetchInit?: FetchInit | undefined;
  /**
   * Function to use instead of the runtime's `fetch`: it must not follow redirects, and must honor
   * the signal and decode bodies as Fetch says. Over `/web` only. Default: the runtime's own at the
   * time a request is sent.
   */
  readonly fetch?: FetchFunction | undefined;
  /** Receives the events of every call as plain data. */
  readonly observer?: Observer | undefined;
}
