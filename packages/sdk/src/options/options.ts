import type { Interceptor, Transport } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import type { JsonObject, Registry } from "@bufbuild/protobuf";
import type { ClientPolicy } from "@ameideio/core-proto/ameide/policy/v1";
import type { Auth } from "../auth/auth.js";
import type { Logger, LogLevel } from "../telemetry/log.js";
import type { Observer } from "../telemetry/observer.js";
import type { Preset, Protocol } from "../policy/policy.js";
import type { Telemetry } from "../telemetry/telemetry.js";

/** When and how failed attempts are retried. */
export interface RetryOptions {
  /** Attempts of one call, the first included, 1 to 5. Default 3. */
  readonly maxAttempts?: number;
  /** Base of the exponential backoff in milliseconds, at least 1. Default 50. */
  readonly baseDelayMs?: number;
  /** Base of the backoff after a throttle in milliseconds, at least 1. Default 1000. */
  readonly throttleDelayMs?: number;
  /** Cap of the computed backoff in milliseconds, at least 1. Default 20000. */
  readonly maxDelayMs?: number;
  /** Longest wait a server may ask for in milliseconds, at least 1. Default 60000. */
  readonly maxServerDelayMs?: number;
  /** Codes retried beyond the standard ones, in Connect's spelling (`aborted`). Default none. */
  readonly retryableCodes?: readonly string[];
  /**
   * No second execution without proof: a method that states no idempotency level
   * and carries no key is repeated only where nothing was sent. No server can ask
   * for more, and a refused token is not followed by a replay. Default false.
   */
  readonly requireIdempotency?: boolean;
}

/** The retry budget of a client, shared by all clients derived from it. */
export interface BudgetOptions {
  /** Initial and maximum number of tokens, 1 to 10000. Default 500. */
  readonly capacity?: number;
  /** What a retry costs. Default 14. */
  readonly cost?: number;
  /** What a retry after a throttle costs, and the transparent one. Default 5. */
  readonly throttleCost?: number;
}

/** A source of the deadline of the request being served: Connect's `HandlerContext` is one. */
export interface AmbientDeadline {
  /** Milliseconds left, or undefined for no deadline. */
  timeoutMs(): number | undefined;
}

/** Settings that a client, its methods and a single call accept. */
export interface Settings {
  /** How calls are authenticated; `null` sends no credential. Default `null`. */
  readonly auth?: Auth | null;
  /** The tenant; `null` sends none. Default `null`. */
  readonly tenant?: string | null;
  /**
   * Overall deadline of a call in milliseconds, greater than 0. Default 30000 for
   * unary calls, none for streams.
   */
  readonly timeoutMs?: number;
  /** No overall deadline at all. Excludes `timeoutMs`. Default false. */
  readonly noDeadline?: boolean;
  /**
   * Longest time of one attempt of a unary call while another may follow, in
   * milliseconds. Default 10000.
   */
  readonly attemptTimeoutMs?: number;
  /**
   * Longest wait for the first message of a server stream, for each attempt, in
   * milliseconds. Default 30000; none where the proto says `long_lived`.
   */
  readonly firstMessageTimeoutMs?: number;
  /**
   * Longest wait for each further message of a server or bidi stream, in
   * milliseconds. Default 60000; none where the proto says `long_lived`.
   */
  readonly idleTimeoutMs?: number;
  /** When and how failed attempts are retried; `false` for never. */
  readonly retry?: false | RetryOptions;
  /**
   * While nothing of a call was sent, because no connection comes about or the server
   * refuses before it reads, go on until the deadline, also beyond `maxAttempts`; a
   * call without a deadline goes on until it is canceled. Not with `retry: false`.
   * Default false, or what the proto says by `wait_for_ready`. The term is gRPC's.
   */
  readonly waitForReady?: boolean;
  /** Extra headers. Names of the SDK, the protocol or the connection are refused. Default none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether an idempotency key is attached where the proto of the method asks for one. Default `auto`. */
  readonly idempotencyKey?: "auto" | "off";
  /**
   * Deadline of the request being served; the call's own ends 5 ms before. What gives no
   * milliseconds, `Infinity` or undefined is CONFIG_INVALID, when the call is made.
   */
  readonly deadlineFrom?: AmbientDeadline | (() => AmbientDeadline | undefined);
}

/** Settings of a single call. */
export interface CallSettings extends Omit<Settings, "idempotencyKey"> {
  /** The caller's own request id: 1 to 128 visible ASCII. Default a new UUIDv7. */
  readonly requestId?: string;
  /** `auto`, `off`, or the caller's own key: 1 to 255 printable ASCII. Default `auto`. */
  readonly idempotencyKey?: string;
}

/** How a client is drained. */
export interface DrainOptions {
  /**
   * How long it waits for calls, in milliseconds, greater than 0; those that have not
   * ended by then are ended. Default 20000, so that it is over before the 30 s after
   * which Kubernetes kills.
   */
  readonly timeoutMs?: number;
}

/** Other names for the headers the SDK sends. */
export interface HeaderNames {
  /** Default `x-tenant-id`. */
  readonly tenant?: string;
  /** Default `x-request-id`. */
  readonly requestId?: string;
  /** Default `idempotency-key`. */
  readonly idempotencyKey?: string;
}

/** TLS material, in PEM. */
export interface TlsOptions {
  /** Authorities to trust instead of the system's. */
  readonly ca?: string | Uint8Array;
  /** Client certificate chain. */
  readonly certificate?: string | Uint8Array;
  /** Private key of the client certificate. */
  readonly key?: string | Uint8Array;
}

/** When a connection of HTTP/2 is asked by a PING whether its peer is there. */
export interface KeepAliveOptions {
  /**
   * After so long without a byte from the peer, in milliseconds, at least 1000. Default
   * 20000. gRPC recommends no less than 10000 (gRFC A8), and servers close
   * connections that are asked more often than they allow.
   */
  readonly intervalMs?: number;
  /** How long the answer may take, in milliseconds, at least 1. Default 10000. */
  readonly timeoutMs?: number;
  /** Also while no call is under way. Default false. */
  readonly whileIdle?: boolean;
}
/** Gives TLS material for a connection that is about to be made. */
export type TlsSource = () => TlsOptions | Promise<TlsOptions>;

/** A function with the signature of `fetch`. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/**
 * What `fetch` may be told beside the request: `credentials`, `cache`, `mode`,
 * `keepalive`, `priority`, and what a runtime adds to them (`next`, `cf`,
 * `dispatcher`). The request itself, its signal and that redirects are not
 * followed are the SDK's.
 */
export type FetchInit = Omit<
  RequestInit,
  "method" | "headers" | "body" | "redirect" | "signal" | "duplex"
>;

/** How messages are compressed. `br` is Brotli (RFC 7932). */
export type CompressionName = "none" | "gzip" | "br";

/** What compression is used for. */
export interface CompressionOptions {
  /** Of requests. Default `none`. */
  readonly send?: CompressionName;
  /** Of responses. Default `none`. */
  readonly accept?: CompressionName;
  /** Messages of fewer bytes are sent as they are. Default 1024. */
  readonly minBytes?: number;
}

/**
 * Options of a client. What they leave open comes, in this order, from the
 * environment, the policy document, the options of the proto, the preset and
 * the built-in defaults.
 */
export interface AmeideOptions extends Settings {
  /**
   * Where the service is: https, or http to a loopback address with
   * `allowInsecureLoopback` or to a host of `allowInsecureHosts`, written as it is
   * used. A client derived for another origin states `auth`, `tenant`, `headers` and
   * `tls` anew where its parent has them. Default `AMEIDE_BASE_URL`.
   */
  readonly baseUrl?: string;
  /** Allow plain http to localhost, 127.0.0.0/8 and ::1. Default false. */
  readonly allowInsecureLoopback?: boolean;
  /**
   * Allow plain http to these hosts, on any port, credentials included: those whose
   * sidecars or networks encrypt. Names and IP addresses as they stand in the base
   * address; `*.svc.cluster.local` is every name below that one, `*.` with fewer than
   * two labels behind it is refused. Default none.
   */
  readonly allowInsecureHosts?: readonly string[];
  /**
   * Send `AMEIDE_TOKEN` and `AMEIDE_TENANT` to the base address that code names.
   * Default false: they are for the origin of `AMEIDE_BASE_URL` alone.
   */
  readonly environmentCredentials?: boolean;
  /**
   * What is spoken on the wire. `grpc` needs HTTP/2 and is not available in
   * browsers. Default `connect`.
   */
  readonly protocol?: Protocol;
  /** Encoding of messages. Default `binary`. */
  readonly format?: "binary" | "json";
  /**
   * Messages that may stand in a `google.protobuf.Any`, and extensions: JSON
   * cannot be read or written without knowing them. Default none.
   */
  readonly registry?: Registry;
  /** Settings for a service (`acme.v1.Billing`) or method (`acme.v1.Billing/Charge`). */
  readonly methods?: Readonly<Record<string, Settings>>;
  /** The retry budget. */
  readonly budget?: BudgetOptions;
  /** Users' own interceptors, run for every attempt, the first outermost. */
  readonly interceptors?: readonly Interceptor[];
  /** Compression. Default none. */
  readonly compression?: CompressionOptions;
  /**
   * HTTP version. Default over https what the server picks, `2` if it can (ALPN, RFC
   * 7301); over http `1.1`. For `grpc` always `2`.
   */
  readonly httpVersion?: "1.1" | "2";
  /**
   * Longest time for a connection to be made, its TLS included, in milliseconds: a
   * failure where nothing was sent. Calls that wait for one connection share it; a call
   * may give up before. Not over `/web`. Default 10000.
   */
  readonly connectTimeoutMs?: number;
  /**
   * Most connections to an origin over HTTP/1.1, each of which carries one call, 1 to
   * 65535. Calls beyond wait for one, within their deadlines. HTTP/2 makes few. Over
   * `/node` only. Default 256.
   */
  readonly maxConnections?: number;
  /**
   * PINGs over HTTP/2 while calls are under way, so that also a quiet stream learns
   * that its connection is dead; `false` for none, nor for a connection on which an
   * attempt timed out. Default on.
   */
  readonly keepAlive?: false | KeepAliveOptions;
  /**
   * How old a connection of HTTP/2 gets, in milliseconds, at least 1, give or take a
   * tenth (as in gRFC A9): then it takes no new call and ends those under way, so that
   * servers that came later get some. Default any age.
   */
  readonly maxConnectionAgeMs?: number;
  /**
   * Use GET for unary methods without side effects, as long as the address has at
   * most 8000 characters and is not refused as too long. `connect` only. Default false.
   */
  readonly httpGet?: boolean;
  /** Largest message to receive, in bytes. Default 4 MiB. */
  readonly readMaxBytes?: number;
  /** Other names for the SDK's headers. */
  readonly headerNames?: HeaderNames;
  /**
   * What the environment around the client does. Default `standalone`. `mesh`: one
   * attempt, since a proxy retries. It allows no plain http: `allowInsecureHosts` does.
   */
  readonly preset?: Preset;
  /**
   * `observe`: evaluate the policy and report what it would have done, but leave the
   * call unchanged. Default `enforce`.
   */
  readonly mode?: "enforce" | "observe";
  /** Version of the built-in defaults. Default 1. */
  readonly behavior?: number;
  /** Keys of W3C baggage to pass on. Default none. */
  readonly baggage?: readonly string[];
  /** A child span for each attempt. Default false. */
  readonly attemptSpans?: boolean;
  /**
   * TLS material, which is looked at when the client is made; or a function, which is
   * asked for each connection, within `connectTimeoutMs`, so that certificates may
   * rotate. Default the system's.
   */
  readonly tls?: TlsOptions | TlsSource;
  /**
   * Proxy on the way to the server, an http or https address; a user and password in it
   * are for the proxy alone. `null` for none. Not over `/web`. Default what Node's own
   * clients take with `NODE_USE_ENV_PROXY=1`: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
   */
  readonly proxy?: string | URL | null;
  /**
   * Send the SDK's user agent as `x-user-agent` where the browser controls
   * `user-agent`. A server has to allow it (CORS). Default false.
   */
  readonly clientHeader?: boolean;
  /** `app/version` for the user agent. */
  readonly appName?: string;
  /**
   * Spans and metrics (see `/otel`); `false` for none. Default what is registered
   * with OpenTelemetry's global API when a call begins; over `/web` none.
   */
  readonly telemetry?: Telemetry | false;
  /** Where to log. Default nowhere. */
  readonly logger?: Logger;
  /** How much to log, where there is a logger. Default `warn`. */
  readonly logLevel?: LogLevel;
  /** A policy document (`ameide.policy.v1.ClientPolicy`), as a message or as JSON. */
  readonly policy?: ClientPolicy | JsonObject;
  /**
   * An HTTP client or a transport to use instead of our own. A transport hides
   * what the HTTP client sees: then failures are told apart by code alone. A
   * `fetch` of your own is the option `fetch`.
   */
  readonly transport?: UniversalClientFn | Transport;
  /**
   * What `fetch` is told beside the request, for every attempt: a page whose API
   * lies on another origin and knows its user by a cookie needs
   * `{ credentials: "include" }`. Over `/web` only. Default nothing.
   */
  readonly fetchInit?: FetchInit;
  /**
   * The `fetch` to use instead of the runtime's: it must not follow redirects,
   * has to honor the signal, and decode bodies as Fetch says. Over `/web` only.
   * Default the runtime's own, as it is when a request is sent.
   */
  readonly fetch?: FetchFunction;
  /** Receives the events of every call as plain data. */
  readonly observer?: Observer;
}
