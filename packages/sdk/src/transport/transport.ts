import type { Transport } from "@connectrpc/connect";
import type {
  CommonTransportOptions,
  Compression,
  UniversalClientFn,
} from "@connectrpc/connect/protocol";
import type { DescMethod } from "@bufbuild/protobuf";
import type { Auth } from "../auth/auth.js";
import { type Budget, createBudget } from "../policy/budget.js";
import { CallPlan } from "../call/call_plan.js";
import { tell, unheard } from "../runtime/callbacks.js";
import { checkMethod, checkRuntimeOptions } from "../options/check_call_options.js";
import { httpVersionOf, rejectPlatformOptions } from "../options/check_combinations.js";
import { checkDrainOptions, checkIsObject } from "../options/check_options.js";
import { type ClientConfig, createConfig } from "../config/config.js";
import { type ConnectionFacts, ConnectionPools, type Pool } from "../wire/connection_pools.js";
import { createCredentialSource, type CredentialSource } from "../auth/credential_source.js";
import type { Environment } from "../options/environment.js";
import { AmeideError, configError } from "../errors/errors.js";
import { type Explanation, explainMethod } from "../config/explain.js";
import type { AddressLimit } from "../wire/get_request.js";
import type { LazyTransport } from "../wire/lazy_transport.js";
import { type DrainResult, Lifetime, setLifetime } from "../call/lifetime.js";
import { createLogSink, type Logger, type LogLevel, type Warn } from "../telemetry/log.js";
import type { CallInfo, CallSink } from "../telemetry/observer.js";
import type { OptionLayers } from "../options/option_layers.js";
import type {
  AmbientDeadline,
  AmeideOptions,
  CompressionName,
  DrainOptions,
} from "../options/options.js";
import type { PolicyValues, Protocol } from "../policy/policy.js";
import { BOUNDS, CLIENT } from "../policy/policy_table.js";
import { readOptions } from "../errors/read_options.js";
import { RecentMap } from "../runtime/recent_map.js";
import { Recordings, withRecorder } from "../wire/recorder.js";
import { type Runtime, runtimeOption } from "../runtime/runtime.js";
import type { ClientContext } from "../call/client_context.js";
import {
  customTransport,
  type InnerTransport,
  instrumentedTransport,
} from "../call/inner_transport.js";
import { StreamCall } from "../call/stream_call.js";
import { mayLeave, attemptInterceptor } from "../call/attempt_interceptor.js";
import type { Telemetry } from "../telemetry/telemetry.js";
import { TokenStore } from "../auth/token_store.js";
import { UnaryCall } from "../call/unary_call.js";
import { unstreamable } from "../wire/unstreamable.js";
import { userAgent } from "../runtime/version.js";
import { type AnswerLimits, wireShapes } from "../wire/wire_shape.js";

// Beyond these a client is told of no more misspelt selectors.
const MAX_WARNINGS = 100;

/** Explains one method, or all that were called so far. */
export interface Explain {
  (method: DescMethod): Explanation;
  (): readonly Explanation[];
}

/** A Connect transport with policy around it. Give it to the `createClient` of this package. */
export interface AmeideTransport extends Transport {
  /**
   * The effective policy of a method, each value with its source; without a
   * method, of all methods called so far.
   */
  readonly explain: Explain;
  /** The same for another tenant. Connections and retry budget are shared. */
  withTenant(tenant: string | null): AmeideTransport;
  /** The same with another credential. Connections and retry budget are shared. */
  withAuth(auth: Auth | null): AmeideTransport;
  /**
   * The same with other options, merged over these, value by value; they also
   * override these options' per-method settings. Connections and retry budget of an
   * origin are shared. For another origin, or over another transport of yours,
   * `auth`, `tenant`, `headers` and a client certificate in `tls` are stated anew
   * where they are set here (`null` and `{}` send none).
   *
   * @throws AmeideError CONFIG_INVALID naming what is not.
   */
  with(options: AmeideOptions): AmeideTransport;
  /**
   * Ends all calls and connections at once, including those of the transports derived
   * from this one and of those it is derived from. Calls that are under way or wait for
   * anything fail with the reason `CLIENT_CLOSED`, as do later ones.
   */
  close(): void;
  /**
   * Takes no more calls, waits for those that were made, retries and streams included,
   * and closes; likewise of the whole family. It resolves when all who wait for a call
   * have been told. Call it again, and the shorter time holds.
   *
   * ```ts
   * process.on("SIGTERM", async () => {
   *   await transport.drain({ timeoutMs: 20_000 });
   *   process.exit();
   * });
   * ```
   *
   * @throws AmeideError CONFIG_INVALID naming the option and the rule.
   */
  drain(options?: DrainOptions): Promise<DrainResult>;
}

/** The platform-specific parts of a transport (Node.js, browser). */
export interface Platform {
  readonly runtime: Runtime;
  /** Reads the environment; undefined where there is none. */
  readonly environment?: (maxMaxAttempts: number) => Environment;
  /** `node/20.20.2`, and `linux; x64`; undefined where `user-agent` is the runtime's. */
  readonly agent: { readonly runtime: string; readonly system: string } | undefined;
  /** Undefined where compression is the runtime's. */
  readonly compressions:
    | Readonly<Record<Exclude<CompressionName, "none">, Compression>>
    | undefined;
  /** Makes Connect's transports for the protocols the runtime can speak. */
  readonly protocols: {
    readonly [P in Protocol]?: (options: InnerOptions) => Transport | LazyTransport;
  };
  /** Connections are ours, and shared by what is derived; else they are the runtime's. */
  readonly keepsConnections: boolean;
  /** Requests can be streamed. */
  readonly streamsRequests: boolean;
  /** Spans and metrics where the options say nothing. */
  readonly telemetry: Telemetry | undefined;
  readonly ambientDeadline?: () => AmbientDeadline | undefined;
  /** @param warn - Told of what whoever runs the client should know. */
  connect(config: ClientConfig, warn: Warn): Pool;
  /**
   * Looks at what connections are made with; undefined where they are the runtime's.
   *
   * @throws AmeideError CONFIG_INVALID naming the option and the rule.
   */
  readonly connectionFacts?: (config: ClientConfig) => ConnectionFacts;
  /** The hash in an explanation. Undefined where it has to be waited for. */
  readonly policyHash?: (policy: PolicyValues) => string;
}

/** What all of Connect's transports are made with. */
type InnerOptions = CommonTransportOptions & { useHttpGet: boolean };

/** Makes a transport on a platform. Runtime entries wrap this. */
export function createPlatformTransport(
  options: AmeideOptions,
  platform: Platform,
): AmeideTransport {
  return readOptions("options", () => {
    checkIsObject(options, "options");
    const family = new Family(platform, hiddenRuntime(options) ?? platform.runtime);
    return derive([snapshot(options)], family, undefined);
  });
}

function hiddenRuntime(options: AmeideOptions): Runtime | undefined {
  return (options as { [runtimeOption]?: Runtime })[runtimeOption];
}

// What the caller changes later is nobody's option; a URL can be changed, too.
function snapshot(options: AmeideOptions): AmeideOptions {
  const { baseUrl, proxy } = options as { baseUrl?: unknown; proxy?: unknown };
  return {
    ...options,
    ...(baseUrl instanceof URL && { baseUrl: baseUrl.href }),
    ...(proxy instanceof URL && { proxy: proxy.href }),
  };
}

function derive(
  layers: OptionLayers,
  family: Family,
  parent: ClientConfig | undefined,
): AmeideTransport {
  const client = family.contextFor(layers, parent);
  const { config } = client;
  const { policyHash } = family.platform;
  const explain = (method: DescMethod): Explanation => {
    checkMethod(method);
    return explainMethod(config.forMethod(method, false), {
      observe: config.observe,
      policyHash,
      connection: family.facts(config)?.explained,
    });
  };
  const transport: AmeideTransport = {
    unary(method, signal, timeoutMs, header, input, contextValues) {
      try {
        rejectIfClosing(family);
        checkRuntimeOptions(signal, contextValues);
        const plan = new CallPlan(client, method, timeoutMs, header, contextValues);
        const onWire = plan.wireMethod as typeof method;
        return new UnaryCall(client, plan, onWire, input, signal, contextValues).run();
      } catch (reason) {
        return Promise.reject(AmeideError.from(reason));
      }
    },
    stream(method, signal, timeoutMs, header, input, contextValues) {
      try {
        rejectIfClosing(family);
        checkRuntimeOptions(signal, contextValues);
        rejectUnlessStreamable(method, family.platform, config);
        const plan = new CallPlan(client, method, timeoutMs, header, contextValues);
        return new StreamCall(client, plan, method, input, signal, contextValues).run();
      } catch (reason) {
        return unheard(Promise.reject(AmeideError.from(reason)));
      }
    },
    explain: ((method?: DescMethod) =>
      method === undefined ? config.knownMethods().map(explain) : explain(method)) as Explain,
    withTenant: (tenant) => transport.with({ tenant }),
    withAuth: (auth) => transport.with({ auth }),
    with(changes) {
      return readOptions("options", () => {
        checkIsObject(changes, "options");
        return derive([snapshot(changes), ...config.layers], family, config);
      });
    },
    close: () => family.lifetime.close(),
    drain: async (drainOptions = {}) => {
      checkDrainOptions(drainOptions, config.rules);
      return family.lifetime.drain(drainOptions.timeoutMs ?? config.constants.drainTimeoutMs);
    },
  };
  setLifetime(transport, family.lifetime);
  return transport;
}

function rejectIfClosing({ lifetime }: Family): void {
  const refusal = lifetime.refusal();
  if (refusal !== undefined) {
    throw refusal;
  }
}

function rejectFetchOptions(options: AmeideOptions, overFetch: boolean): void {
  const named = (["fetch", "fetchInit"] as const).find((name) => options[name] !== undefined);
  if (named === undefined) {
    return;
  }
  if (!overFetch) {
    throw configError(named, "is for /web: here calls do not go over fetch");
  }
  if (options.transport !== undefined) {
    throw configError(named, "excludes transport, which sends the requests then");
  }
}

function rejectUnlessStreamable(
  method: DescMethod,
  { streamsRequests }: Platform,
  { options, origin }: ClientConfig,
): void {
  const { methodKind, name, parent } = method;
  if (methodKind !== "server_streaming" && !streamsRequests) {
    throw unstreamable(
      `${parent.typeName}/${name} streams its request, and fetch cannot; use it from a server, over /node`,
    );
  }
  if (
    methodKind === "bidi_streaming" &&
    options.transport === undefined &&
    httpVersionOf(options, origin) === "1.1"
  ) {
    throw unstreamable(
      `${parent.typeName}/${name} streams both ways, and HTTP/1.1 cannot; give the option httpVersion: "2"`,
    );
  }
}

function logLevelOf({ options, document }: ClientConfig): LogLevel {
  return options.logLevel ?? document.logLevel ?? "warn";
}

// Not the configuration itself: a pool lives longer than the client that was first to call.
function warner(config: ClientConfig): Warn {
  const { logger } = config.options;
  const isSilent = ["off", "error"].includes(logLevelOf(config));
  return isSilent ? () => {} : (text, fields) => logger?.warn(text, fields);
}

// A client and all that are derived from it.
class Family {
  readonly lifetime: Lifetime;
  private readonly pools = new ConnectionPools();
  private readonly budgets = new RecentMap<string, Budget>(BOUNDS.maxOrigins);
  private readonly addresses = new RecentMap<string, AddressLimit>(BOUNDS.maxOrigins);
  private readonly sources = new WeakMap<Auth, CredentialSource>();
  private readonly tokens = new TokenStore();
  private readonly newerDocuments = new WeakSet<object>();
  private readonly warned = new Set<string>();
  private killSwitchLogged = false;
  private withholdingLogged = false;

  constructor(
    readonly platform: Platform,
    private readonly runtime: Runtime,
  ) {
    this.lifetime = new Lifetime(runtime.clock, (reason) => {
      this.tokens.close(reason);
      this.pools.close();
    });
  }

  contextFor(layers: OptionLayers, parent: ClientConfig | undefined): ClientContext {
    const { platform, runtime } = this;
    // Not the parent itself: a chain of derived clients would keep all of them.
    const inherited = parent?.environment;
    const config = createConfig(layers, {
      environment: inherited === undefined ? platform.environment : () => inherited,
      warn: (problem) => this.warnOnce(options.logger, problem),
      // Behavior versions bring their own numbers; only a test's are stronger.
      constants: runtime === platform.runtime ? undefined : runtime.constants,
      parent,
    });
    const { options } = config;
    this.logOnce(config);
    const recordings = new Recordings();
    const telemetry =
      options.telemetry === false ? undefined : (options.telemetry ?? platform.telemetry);
    const telemetryOptions = {
      baggage: options.baggage ?? [],
      attemptSpans: options.attemptSpans ?? false,
    };
    const begin = telemetry && ((call: CallInfo) => telemetry.begin(call, telemetryOptions));
    const log = this.logSink(config);
    const observe = options.observer && { event: options.observer };
    const sinks = [log, observe].filter((sink): sink is CallSink => sink !== undefined);
    const { agent } = platform;
    const who = userAgent(config.constants.maxUserAgentBytes, agent, options.appName);
    const protocol = options.protocol ?? "connect";
    const limits = {
      accepted: this.compression(options.compression?.accept),
      readMaxBytes: options.readMaxBytes ?? config.constants.readMaxBytes,
    };
    return {
      config,
      constants: config.constants,
      clock: runtime.clock,
      random: runtime.random,
      budget: this.budget(config),
      addresses: this.addressLimit(config),
      inner: this.inner(config, recordings, limits),
      recordings,
      hasInterceptors: (options.interceptors?.length ?? 0) > 0,
      protocol,
      shapes: wireShapes(protocol, limits),
      userAgent: agent && who,
      clientHeader: options.clientHeader === true ? who : undefined,
      ambientDeadline: platform.ambientDeadline,
      lifetime: this.lifetime,
      credentials: (auth) => this.credentials(auth, config),
      sinks: (call) => {
        const traced = begin && tell(begin, call);
        return traced === undefined ? sinks : [traced, ...sinks];
      },
    };
  }

  private budget(config: ClientConfig): Budget {
    return this.budgets.get(config.origin, () => createBudget(config.budget));
  }

  private addressLimit({ origin, constants }: ClientConfig): AddressLimit {
    return this.addresses.get(origin, () => ({ maxLength: constants.maxGetUrlLength }));
  }

  private credentials(auth: Auth, config: ClientConfig): CredentialSource {
    let source = this.sources.get(auth);
    if (source === undefined) {
      const runtime = { ...this.runtime, constants: config.constants };
      source = createCredentialSource(auth, runtime, this.tokens);
      this.sources.set(auth, source);
    }
    return source;
  }

  private inner(
    config: ClientConfig,
    recordings: Recordings,
    { accepted, readMaxBytes }: AnswerLimits,
  ): InnerTransport {
    const { options } = config;
    rejectFetchOptions(options, !this.platform.keepsConnections);
    const supplied = options.transport;
    if (supplied !== undefined && typeof supplied !== "function") {
      return customTransport(supplied);
    }
    const { compressions, protocols } = this.platform;
    const createTransport = protocols[options.protocol ?? "connect"];
    if (createTransport === undefined) {
      const known = Object.keys(protocols).join(" or ");
      throw configError("protocol", `must be ${known} here: fetch cannot speak gRPC`);
    }
    if (compressions === undefined) {
      rejectPlatformOptions(options);
    }
    const { send, minBytes = CLIENT["compression.minBytes"].default } = options.compression ?? {};
    const client = supplied ?? this.pooled(config);
    return instrumentedTransport(
      createTransport({
        baseUrl: config.baseUrl,
        httpClient: withRecorder(client, recordings, config.origin),
        useBinaryFormat: options.format !== "json",
        interceptors: [...(options.interceptors ?? []).map(mayLeave), attemptInterceptor],
        acceptCompression: accepted === undefined ? [] : [accepted],
        sendCompression: this.compression(send) ?? null,
        // Connect compresses what is longer than this.
        compressMinBytes: minBytes - 1,
        readMaxBytes,
        writeMaxBytes: 0xffffffff,
        useHttpGet: options.httpGet ?? false,
        ...(options.registry && { jsonOptions: { registry: options.registry } }),
      }),
    );
  }

  private compression(name: CompressionName = "none"): Compression | undefined {
    return name === "none" ? undefined : this.platform.compressions?.[name];
  }

  // Connections are made at the first call: a client that makes none holds none.
  private pooled(config: ClientConfig): UniversalClientFn {
    const key = JSON.stringify([config.origin, this.facts(config)?.key]);
    const connect = () => this.platform.connect(config, warner(config));
    // Where there is nothing to share, what a client was made with goes with it.
    const pools = this.platform.keepsConnections ? this.pools : new ConnectionPools();
    return (request) => {
      // A call may have slept while the client was closed. Thrown, not
      // rejected, this is no failure of the connection.
      const closed = this.lifetime.closed();
      if (closed !== undefined) {
        throw closed;
      }
      return pools.get(key, connect).client(request);
    };
  }

  /** Of connections that are ours. */
  facts(config: ClientConfig): ConnectionFacts | undefined {
    return config.options.transport === undefined
      ? this.platform.connectionFacts?.(config)
      : undefined;
  }

  private logSink(config: ClientConfig): CallSink | undefined {
    const { logger } = config.options;
    return logger && createLogSink(logger, logLevelOf(config));
  }

  private logOnce(config: ClientConfig): void {
    const { logger } = config.options;
    if (config.environment.retriesOff && !this.killSwitchLogged) {
      this.killSwitchLogged = true;
      const text = "ameide retries are off: AMEIDE_SDK_RETRIES=off beats all options";
      tell(() => logger?.warn(text, {}));
    }
    if (config.withheld.length > 0 && !this.withholdingLogged) {
      this.withholdingLogged = true;
      const variables = config.withheld.join(" and ");
      const text = `ameide ${variables} not sent: the base address is not AMEIDE_BASE_URL's; environmentCredentials: true sends it`;
      tell(() => logger?.warn(text, {}));
    }
    const { policy } = config.options;
    const fields = config.document.unknownFields;
    if (fields.length > 0 && policy && !this.newerDocuments.has(policy)) {
      this.newerDocuments.add(policy);
      const message = "ameide policy document has parts this version cannot use; ignored";
      tell(() => logger?.warn(`${message}: ${fields.join(", ")}`, { fields }));
    }
  }

  // Clients may be derived for every request, and theirs are the same selectors.
  private warnOnce(logger: Logger | undefined, problem: string): void {
    if (!this.warned.has(problem) && this.warned.size < MAX_WARNINGS) {
      this.warned.add(problem);
      tell(() => logger?.warn(`ameide ${problem}`, {}));
    }
  }
}
