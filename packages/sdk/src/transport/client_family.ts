import type { Compression, UniversalClientFn } from "@connectrpc/connect/protocol";
import type { Auth } from "../auth/auth.js";
import { type Budget, createBudget } from "../policy/budget.js";
import { tell } from "../runtime/callbacks.js";
import { rejectPlatformOptions } from "../options/check_combinations.js";
import { type ClientConfig, createConfig } from "../config/config.js";
import { type ConnectionFacts, ConnectionPools } from "../wire/connection_pools.js";
import { createCredentialSource, type CredentialSource } from "../auth/credential_source.js";
import { configError } from "../errors/errors.js";
import type { AddressLimit } from "../wire/get_request.js";
import { Lifetime } from "../call/lifetime.js";
import { createLogSink, type Logger, type LogLevel, type Warn } from "../telemetry/log.js";
import type { CallInfo, CallSink } from "../telemetry/observer.js";
import type { OptionLayers } from "../options/option_layers.js";
import type { AmeideOptions, CompressionName } from "../options/options.js";
import { BOUNDS, CLIENT } from "../policy/policy_table.js";
import { RecentMap } from "../runtime/recent_map.js";
import type { Runtime } from "../runtime/runtime.js";
import type { ClientContext } from "../call/client_context.js";
import {
  customTransport,
  type InnerTransport,
  instrumentedTransport,
} from "../call/inner_transport.js";
import { attemptInterceptor, mayLeave } from "../call/attempt_interceptor.js";
import { TokenStore } from "../auth/token_store.js";
import { userAgent } from "../runtime/version.js";
import { withCopyable } from "../wire/sent_request.js";
import { type AnswerLimits, wireShapes } from "../wire/wire_shape.js";
import type { Platform } from "./platform.js";

// Number of misspelt selectors after which a client gets no more warnings.
const MAX_WARNINGS = 100;

/**
 * A client and all clients derived from it, which share connections, budgets, tokens and a
 * lifetime.
 */
export class ClientFamily {
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
    // The parent itself is not kept: a chain of derived clients would keep all of them.
    const inherited = parent?.environment;
    const config = createConfig(layers, {
      environment: inherited === undefined ? platform.environment : () => inherited,
      warn: (problem) => this.warnOnce(options.logger, problem),
      // Behavior versions bring their own numbers; only a test's override them.
      constants: runtime === platform.runtime ? undefined : runtime.constants,
      parent,
    });
    const { options } = config;
    this.logOnce(config);
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
      inner: this.inner(config, limits),
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

  private inner(config: ClientConfig, { accepted, readMaxBytes }: AnswerLimits): InnerTransport {
    const { options } = config;
    rejectFetchOptions(options, !this.platform.keepsConnections);
    const supplied = options.transport;
    if (supplied !== undefined && typeof supplied !== "function") {
      return customTransport(supplied);
    }
    const { compressions, protocols } = this.platform;
    const protocol = options.protocol ?? "connect";
    const ownTransport = protocols[protocol];
    if (ownTransport === undefined) {
      const known = Object.keys(protocols).join(" or ");
      throw configError("protocol", `must be ${known} here: fetch cannot speak gRPC`);
    }
    if (compressions === undefined) {
      rejectPlatformOptions(options);
    }
    const { send, minBytes = CLIENT["compression.minBytes"].default } = options.compression ?? {};
    const client = supplied === undefined ? this.pooled(config) : withCopyable(supplied);
    const createTransport = options.wire?.[protocol] ?? ownTransport;
    return instrumentedTransport(
      createTransport({
        baseUrl: config.baseUrl,
        httpClient: client,
        useBinaryFormat: options.format !== "json",
        interceptors: [...(options.interceptors ?? []).map(mayLeave), attemptInterceptor],
        acceptCompression: accepted === undefined ? [] : [accepted],
        sendCompression: this.compression(send) ?? null,
        // Connect compresses messages longer than this.
        compressMinBytes: minBytes - 1,
        readMaxBytes,
        writeMaxBytes: 0xffffffff,
        useHttpGet: options.httpGet ?? false,
        createHeaders: supplied === undefined ? this.platform.createHeaders : undefined,
        ...(options.registry && { jsonOptions: { registry: options.registry } }),
      }),
    );
  }

  private compression(name: CompressionName = "none"): Compression | undefined {
    return name === "none" ? undefined : this.platform.compressions?.[name];
  }

  // Connections are made at the first call: a client that makes no call holds none.
  private pooled(config: ClientConfig): UniversalClientFn {
    const key = JSON.stringify([config.origin, this.facts(config)?.key]);
    const connect = () => this.platform.connect(config, warner(config));
    // If there is nothing to share, the parts of a client are released with it.
    const pools = this.platform.keepsConnections ? this.pools : new ConnectionPools();
    return (request) => {
      // A call may have waited while the client was closed. Thrown instead of rejected, this is not
      // a failure of the connection.
      const closed = this.lifetime.closed();
      if (closed !== undefined) {
        throw closed;
      }
      return pools.get(key, connect).client(request);
    };
  }

  /** Returns the facts about the SDK's own connections. */
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

  // Clients may be derived for every request, with the same selectors.
  private warnOnce(logger: Logger | undefined, problem: string): void {
    if (!this.warned.has(problem) && this.warned.size < MAX_WARNINGS) {
      this.warned.add(problem);
      tell(() => logger?.warn(`ameide ${problem}`, {}));
    }
  }
}

function logLevelOf({ options, document }: ClientConfig): LogLevel {
  return options.logLevel ?? document.logLevel ?? "warn";
}

// The configuration itself is not kept: a pool lives longer than the client that was first to call.
function warner(config: ClientConfig): Warn {
  const { logger } = config.options;
  const isSilent = ["off", "error"].includes(logLevelOf(config));
  return isSilent ? () => {} : (text, fields) => logger?.warn(text, fields);
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
