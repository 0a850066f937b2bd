import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import type {
  CommonTransportOptions,
  Compression,
  UniversalClientFn,
} from "@connectrpc/connect/protocol";
import type { DescMethod } from "@bufbuild/protobuf";
import { type Auth, createCredentialSource, type CredentialSource } from "./auth.js";
import { type Budget, createBudget } from "./budget.js";
import { CallPlan } from "./call_plan.js";
import { checkIsObject } from "./check_options.js";
import { type ClientConfig, createConfig, type Generations } from "./config.js";
import type { Environment } from "./environment.js";
import { AmeideError, configError } from "./errors.js";
import { type Explanation, explainMethod } from "./explain.js";
import type { AddressLimit } from "./get_request.js";
import type { LateTransport } from "./late_transport.js";
import { createLogSink } from "./log.js";
import type { CallSink } from "./observer.js";
import type { AmbientDeadline, AmeideOptions, CompressionName } from "./options.js";
import type { PolicyValues, Protocol } from "./policy.js";
import { Recordings, withRecorder } from "./recorder.js";
import { type Runtime, runtimeOption } from "./runtime.js";
import { foreignTransport, type InnerTransport, ourTransport, type Shared } from "./shared.js";
import { StreamCall } from "./stream_call.js";
import { tailInterceptor } from "./tail.js";
import type { Telemetry } from "./telemetry.js";
import { UnaryCall } from "./unary_call.js";
import { userAgent } from "./version.js";
import { wireShapes } from "./wire_shape.js";

/** Explains one method, or all that were called so far. */
export interface Explain {
  (method: DescMethod): Explanation;
  (): readonly Explanation[];
}

/** A Connect transport with policy around it. Give it to Connect's `createClient`. */
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
   * The same with other options, laid over these value by value; they are nearer
   * than what these say of single methods. Connections and retry budget of an
   * origin are shared.
   */
  with(options: AmeideOptions): AmeideTransport;
  /**
   * Ends all connections, also those of the transports derived from this one.
   * Calls in flight fail, later ones are refused.
   */
  close(): void;
}

/** What a runtime (Node, a browser) brings. */
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
    readonly [P in Protocol]?: (options: InnerOptions) => Transport | LateTransport;
  };
  /** Connections are ours, and shared by what is derived; else they are the runtime's. */
  readonly keepsConnections: boolean;
  /** Requests can be streamed. */
  readonly streamsRequests: boolean;
  /** Spans and metrics where the options say nothing. */
  readonly telemetry: () => Telemetry | undefined;
  readonly ambientDeadline?: () => AmbientDeadline | undefined;
  connect(config: ClientConfig): { readonly client: UniversalClientFn; close(): void };
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
  checkIsObject(options, "options");
  return derive([options], new Family(platform, hiddenRuntime(options) ?? platform.runtime));
}

function hiddenRuntime(options: AmeideOptions): Runtime | undefined {
  return (options as { [runtimeOption]?: Runtime })[runtimeOption];
}

function derive(generations: Generations, family: Family): AmeideTransport {
  const shared = family.share(generations);
  const { config } = shared;
  const explain = (method: DescMethod): Explanation =>
    explainMethod(config.forMethod(method), family.platform.policyHash);
  const transport: AmeideTransport = {
    unary(method, signal, timeoutMs, header, input, contextValues) {
      let plan: CallPlan;
      try {
        refuseIfClosed(family);
        plan = new CallPlan(shared, method, timeoutMs, header, contextValues);
      } catch (reason) {
        return Promise.reject(AmeideError.from(reason));
      }
      return new UnaryCall(shared, plan, method, input, signal, contextValues).run();
    },
    stream(method, signal, timeoutMs, header, input, contextValues) {
      let plan: CallPlan;
      try {
        refuseIfClosed(family);
        refuseUnlessStreamable(method, family.platform);
        plan = new CallPlan(shared, method, timeoutMs, header, contextValues);
      } catch (reason) {
        return Promise.reject(AmeideError.from(reason));
      }
      return new StreamCall(shared, plan, method, input, signal, contextValues).run();
    },
    explain: ((method?: DescMethod) =>
      method === undefined ? config.knownMethods().map(explain) : explain(method)) as Explain,
    withTenant: (tenant) => transport.with({ tenant }),
    withAuth: (auth) => transport.with({ auth }),
    with(changes) {
      checkIsObject(changes, "options");
      return derive([changes, ...generations], family);
    },
    close: () => family.close(),
  };
  return transport;
}

function refuseIfClosed(family: Family): void {
  if (family.closed) {
    const source = new ConnectError("the client is closed", Code.FailedPrecondition);
    throw new AmeideError(source, { origin: "client", reason: "CLIENT_CLOSED" });
  }
}

function refuseWhatIsTheRuntimes(options: AmeideOptions): void {
  const named = (["tls", "httpVersion", "compression"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (named !== undefined) {
    throw configError(named, "is up to the runtime here: fetch has no such setting");
  }
}

function refuseWhatIsFetchs(options: AmeideOptions, overFetch: boolean): void {
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

function refuseUnlessStreamable(method: DescMethod, platform: Platform): void {
  if (method.methodKind !== "server_streaming" && !platform.streamsRequests) {
    const source = new ConnectError(
      `${method.parent.typeName}/${method.name} streams its request, and fetch cannot; use it from a server, over /node`,
      Code.Unimplemented,
    );
    throw new AmeideError(source, { origin: "client", reason: "STREAMING_UNSUPPORTED" });
  }
}

// A client and all that are derived from it.
class Family {
  closed = false;
  private readonly pools = new Map<string, { client: UniversalClientFn; close(): void }>();
  private readonly budgets = new Map<string, Budget>();
  private readonly addresses = new Map<string, AddressLimit>();
  private readonly sources = new WeakMap<Auth, CredentialSource>();
  private readonly newerDocuments = new WeakSet<object>();
  private killSwitchLogged = false;

  constructor(
    readonly platform: Platform,
    private readonly runtime: Runtime,
  ) {}

  share(generations: Generations): Shared {
    const { platform, runtime } = this;
    // Behavior versions bring their own numbers; only a test's are stronger.
    const perturbed = runtime === platform.runtime ? undefined : runtime.constants;
    const config = createConfig(generations, platform.environment, perturbed);
    const { options } = config;
    this.logOnce(config);
    const recordings = new Recordings();
    const telemetry =
      options.telemetry === false ? undefined : (options.telemetry ?? platform.telemetry());
    const telemetryOptions = {
      baggage: options.baggage ?? [],
      attemptSpans: options.attemptSpans ?? false,
    };
    const log = this.logSink(config);
    const observe = options.observer && { event: options.observer };
    const sinks = [log, observe].filter((sink): sink is CallSink => sink !== undefined);
    const { agent } = platform;
    const who = userAgent(config.constants.maxUserAgentBytes, agent, options.appName);
    const protocol = options.protocol ?? "connect";
    return {
      config,
      constants: config.constants,
      clock: runtime.clock,
      random: runtime.random,
      budget: this.budget(config),
      addresses: this.addressLimit(config),
      inner: this.inner(config, recordings),
      recordings,
      hasInterceptors: (options.interceptors?.length ?? 0) > 0,
      protocol,
      shapes: wireShapes(protocol),
      userAgent: agent && who,
      clientHeader: options.clientHeader === true ? who : undefined,
      ambientDeadline: platform.ambientDeadline,
      credentials: (auth) => this.credentials(auth, config),
      sinks: (call) => {
        const traced = telemetry?.begin(call, telemetryOptions);
        return traced === undefined ? sinks : [traced, ...sinks];
      },
    };
  }

  close(): void {
    this.closed = true;
    for (const pool of this.pools.values()) {
      pool.close();
    }
    this.pools.clear();
  }

  private budget(config: ClientConfig): Budget {
    let budget = this.budgets.get(config.origin);
    if (budget === undefined) {
      budget = createBudget(config.budget);
      this.budgets.set(config.origin, budget);
    }
    return budget;
  }

  private addressLimit({ origin, constants }: ClientConfig): AddressLimit {
    let limit = this.addresses.get(origin);
    if (limit === undefined) {
      limit = { maxLength: constants.maxGetUrlLength };
      this.addresses.set(origin, limit);
    }
    return limit;
  }

  private credentials(auth: Auth, config: ClientConfig): CredentialSource {
    let source = this.sources.get(auth);
    if (source === undefined) {
      source = createCredentialSource(auth, { ...this.runtime, constants: config.constants });
      this.sources.set(auth, source);
    }
    return source;
  }

  private inner(config: ClientConfig, recordings: Recordings): InnerTransport {
    const { options } = config;
    refuseWhatIsFetchs(options, !this.platform.keepsConnections);
    const supplied = options.transport;
    if (supplied !== undefined && typeof supplied !== "function") {
      if ((options.interceptors?.length ?? 0) > 0) {
        throw configError("interceptors", "must be given to the transport you supply");
      }
      return foreignTransport(supplied);
    }
    const { compressions, protocols } = this.platform;
    const createTransport = protocols[options.protocol ?? "connect"];
    if (createTransport === undefined) {
      const known = Object.keys(protocols).join(" or ");
      throw configError("protocol", `must be ${known} here: fetch cannot speak gRPC`);
    }
    if (compressions === undefined) {
      refuseWhatIsTheRuntimes(options);
    }
    const { accept = "none", send = "none", minBytes = 1_024 } = options.compression ?? {};
    const named = (name: CompressionName) => (name === "none" ? undefined : compressions?.[name]);
    const accepted = named(accept);
    const client = supplied ?? this.pooled(config);
    return ourTransport(
      createTransport({
        baseUrl: config.baseUrl,
        httpClient: withRecorder(client, recordings, config.origin),
        useBinaryFormat: options.format !== "json",
        interceptors: [...(options.interceptors ?? []), tailInterceptor],
        acceptCompression: accepted === undefined ? [] : [accepted],
        sendCompression: named(send) ?? null,
        // Connect compresses what is longer than this.
        compressMinBytes: minBytes - 1,
        readMaxBytes: options.readMaxBytes ?? config.constants.readMaxBytes,
        writeMaxBytes: 0xffffffff,
        useHttpGet: options.httpGet ?? false,
        ...(options.registry && { jsonOptions: { registry: options.registry } }),
      }),
    );
  }

  // Connections are made at the first call: a client that makes none holds none.
  private pooled(config: ClientConfig): UniversalClientFn {
    const { httpVersion, protocol, tls } = config.options;
    const key = JSON.stringify([config.origin, httpVersion, protocol === "grpc", tls]);
    // Where there is nothing to share, what a client was made with goes with it.
    const pools: typeof this.pools = this.platform.keepsConnections ? this.pools : new Map();
    return (request) => {
      // A call may have slept while the client was closed. Thrown, not
      // rejected, this is no failure of the connection.
      refuseIfClosed(this);
      let pool = pools.get(key);
      if (pool === undefined) {
        pool = this.platform.connect(config);
        pools.set(key, pool);
      }
      return pool.client(request);
    };
  }

  private logSink(config: ClientConfig): CallSink | undefined {
    const { logger, logLevel } = config.options;
    const level = logLevel ?? config.document.logLevel ?? "warn";
    return logger && createLogSink(logger, level);
  }

  private logOnce(config: ClientConfig): void {
    const { logger } = config.options;
    if (config.environment.retriesOff && !this.killSwitchLogged) {
      this.killSwitchLogged = true;
      logger?.warn("ameide retries are off: AMEIDE_SDK_RETRIES=off beats all options", {});
    }
    const { policy } = config.options;
    if (config.document.hasUnknownFields && policy && !this.newerDocuments.has(policy)) {
      this.newerDocuments.add(policy);
      logger?.warn("ameide policy document has fields this version does not know; ignored", {});
    }
  }
}
