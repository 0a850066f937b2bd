import type { Transport } from "@connectrpc/connect";
import type { DescMethod } from "@bufbuild/protobuf";
import type { Auth } from "../auth/auth.js";
import { CallPlan } from "../call/call_plan.js";
import { unheard } from "../runtime/callbacks.js";
import { checkMethod, checkRuntimeOptions } from "../options/check_call_options.js";
import { httpVersionOf } from "../options/check_combinations.js";
import { checkDrainOptions, checkIsObject } from "../options/check_options.js";
import type { ClientConfig } from "../config/config.js";
import { AmeideError } from "../errors/errors.js";
import { explainMethod, type Explanation } from "../config/explain.js";
import { type DrainResult, setLifetime } from "../call/lifetime.js";
import type { OptionLayers } from "../options/option_layers.js";
import type { AmeideOptions, DrainOptions } from "../options/options.js";
import { readOptions } from "../errors/read_options.js";
import { type Runtime, runtimeOption } from "../runtime/runtime.js";
import { StreamCall } from "../call/stream_call.js";
import { UnaryCall } from "../call/unary_call.js";
import { unstreamable } from "../wire/unstreamable.js";
import type { Platform } from "./platform.js";
import { ClientFamily } from "./client_family.js";

/** Explains one method, or all methods called so far. */
export interface Explain {
  (method: DescMethod): Explanation;
  (): readonly Explanation[];
}

/** A Connect transport with policy around it. Give it to the `createClient` of this package. */
export interface AmeideTransport extends Transport {
  /**
   * Explains the effective policy of a method, each value with its source; without a method, of all
   * methods called so far.
   */
  readonly explain: Explain;
  /** Returns the same transport for another tenant. Connections and retry budget are shared. */
  withTenant(tenant: string | null): AmeideTransport;
  /**
   * Returns the same transport with another credential. Connections and retry budget are shared.
   */
  withAuth(auth: Auth | null): AmeideTransport;
  /**
   * Returns the same transport with other options, merged over these, value by value; they also
   * override these options' per-method settings. Connections and retry budget of an origin are
   * shared. For another origin, or over another transport of yours, `auth`, `tenant`, `headers` and
   * a client certificate in `tls` must be stated again if they are set here (`null` and `{}` send
   * none).
   *
   * @throws AmeideError CONFIG_INVALID naming the invalid one.
   */
  with(options: AmeideOptions): AmeideTransport;
  /**
   * Ends all calls and connections at once, including those of transports derived from this one,
   * and of those it is derived from. Calls under way or waiting fail with the reason
   * `CLIENT_CLOSED`, as do later ones.
   */
  close(): void;
  /**
   * Accepts no more calls, waits for the open ones, including retries and streams, and closes; the
   * same for derived transports and those it is derived from. Resolves once the callers of all
   * these calls have been told. If called again, the shorter time applies.
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

/** Creates a transport on a platform. Runtime entries wrap this. */
export function createPlatformTransport(
  options: AmeideOptions,
  platform: Platform,
): AmeideTransport {
  return readOptions("options", () => {
    checkIsObject(options, "options");
    const family = new ClientFamily(platform, hiddenRuntime(options) ?? platform.runtime);
    return derive([snapshot(options)], family, undefined);
  });
}

function hiddenRuntime(options: AmeideOptions): Runtime | undefined {
  return (options as { [runtimeOption]?: Runtime })[runtimeOption];
}

// Copies the options, including a URL: later changes by the caller must have no effect.
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
  family: ClientFamily,
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

function rejectIfClosing({ lifetime }: ClientFamily): void {
  const refusal = lifetime.refusal();
  if (refusal !== undefined) {
    throw refusal;
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
