import type { DescField, DescMethod, DescService } from "@bufbuild/protobuf";
import type { Auth } from "../auth/auth.js";
import { readBaseUrl, withoutSlash } from "./base_url.js";
import { checkCombinations } from "../options/check_combinations.js";
import { checkClientOptions, type OptionRules } from "../options/check_options.js";
import { methodFacts, methodName, type PolicyPart, wireMethodOf } from "./method_facts.js";
import { EMPTY_DOCUMENT, type PolicyDocument, readDocument } from "./policy_document.js";
import type { Environment } from "../options/environment.js";
import { configError } from "../errors/errors.js";
import { refusalOf, type Refusal } from "./method_refusal.js";
import { type OptionLayers, withoutShadowed } from "../options/option_layers.js";
import type { AmbientDeadline, AmeideOptions, RetryOptions, Settings } from "../options/options.js";
import { type OriginScope, originScope } from "./origin_scope.js";
import {
  BEHAVIOR_1,
  BEHAVIORS,
  type BudgetValues,
  type EffectivePolicy,
  type PolicyConstants,
  type Preset,
  resolvePolicy,
  select,
} from "../policy/policy.js";
import { defaultsFor, type NamesOf, namesOf } from "../policy/policy_table.js";
import { policyHeaderNames, reservedNames } from "../options/reserved_headers.js";
import { misspelt, type StatedSelectors } from "./selectors.js";

// More methods than any program calls, unless it creates descriptors all the time.
const MAX_METHODS = 10_000;

/** Names of the headers that the SDK sets, in lower case. */
export interface PolicyHeaders {
  readonly tenant: string;
  readonly requestId: string;
  readonly idempotencyKey: string;
}

/** Configuration of one method, before the settings of a call. */
export interface MethodConfig {
  /** Full name: `acme.v1.Billing/Charge`. */
  readonly name: string;
  readonly policy: EffectivePolicy;
  /** Nearest setting; `null` for none. */
  readonly auth: Auth | null;
  readonly authSource: string;
  readonly tenant: string | null;
  readonly tenantSource: string;
  readonly headers: readonly [string, string][];
  readonly deadlineFrom: AmbientDeadline | (() => AmbientDeadline | undefined) | undefined;
  /** Request field that is filled with a UUIDv4 where it is empty. */
  readonly requestIdField: DescField | undefined;
  /** Part of the policy that is impossible, for which every call is refused. */
  readonly refusal: Refusal | undefined;
  /** Selectors for this service that select nothing. */
  readonly misspelt: readonly string[];
  /** Method as Connect is to see it: free of side effects only if the policy says so too. */
  readonly wireMethod: DescMethod;
}

/** Options of a client, checked and laid over environment and document. */
export interface ClientConfig {
  /** Layers that the options of derived clients are laid over. */
  readonly layers: OptionLayers;
  /** Nearest value of every option. Settings of calls are combined in `forMethod`. */
  readonly options: AmeideOptions;
  readonly baseUrl: string;
  readonly origin: string;
  /** Scope of what may be sent to the origin. */
  readonly scope: OriginScope;
  /** Variables whose values the origin does not get, although code does not set them. */
  readonly withheld: readonly string[];
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly constants: PolicyConstants;
  readonly budget: BudgetValues;
  readonly headerNames: PolicyHeaders;
  readonly rules: OptionRules;
  readonly environment: Environment;
  readonly document: PolicyDocument;
  readonly observe: boolean;
  /**
   * Returns the configuration of a method, created at its first use.
   *
   * @param calls - True if it is for a call, the default.
   */
  forMethod(method: DescMethod, calls?: boolean): MethodConfig;
  /** Lists the methods called or asked for so far. */
  knownMethods(): readonly DescMethod[];
}

/** Surroundings in which a configuration is created. */
export interface ConfigContext {
  /** Reads the environment; undefined if there is none. */
  readonly environment: ((maxMaxAttempts: number) => Environment) | undefined;
  /** Receives every selector that selects nothing, at the first call of its service. */
  readonly warn: (problem: string) => void;
  /** Changed constants, in tests; default: those of the behavior version. */
  readonly constants: PolicyConstants | undefined;
  /** Configuration of the client that it is derived from. */
  readonly parent: ClientConfig | undefined;
}

/**
 * Checks options, and prepares everything that does not depend on a call.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function createConfig(
  layers: OptionLayers,
  { environment: readEnvironment, warn, constants, parent }: ConfigContext,
): ClientConfig {
  const options: AmeideOptions = Object.assign({}, ...layers.map(stated).reverse());
  const headerNames = policyHeaderNames(options.headerNames);
  const { maxMaxAttempts } = constants ?? BEHAVIOR_1;
  const rules = { ...reservedNames(layers, headerNames), maxMaxAttempts };
  for (const each of layers) {
    checkClientOptions(each, rules);
  }
  const environment = readEnvironment?.(maxMaxAttempts) ?? { retriesOff: false, layers: [] };
  const document =
    options.policy === undefined ? EMPTY_DOCUMENT : readDocument(options.policy, maxMaxAttempts);
  const url = baseUrl(options, environment);
  checkCombinations(options, url, layers);
  const scope = originScope(layers, url.origin, environment, parent?.scope);
  const behavior = options.behavior ?? document.behavior ?? 1;
  const numbers = constants ?? BEHAVIORS[behavior] ?? BEHAVIOR_1;
  const current = withoutShadowed(layers);
  const resolve = methodResolver(
    current,
    scope,
    environment,
    document,
    numbers,
    behavior,
    options.preset ?? document.preset ?? "standalone",
  );
  const cache = new Map<DescMethod, MethodConfig>();
  const warned = new WeakSet<DescService>();
  return {
    layers: current,
    options,
    baseUrl: withoutSlash(url.href),
    origin: url.origin,
    scope,
    withheld: scope.environment
      ? []
      : [
          ...(environment.token !== undefined && options.auth === undefined
            ? ["AMEIDE_TOKEN"]
            : []),
          ...(environment.tenant !== undefined && options.tenant === undefined
            ? ["AMEIDE_TENANT"]
            : []),
        ],
    serverAddress: url.hostname.replace(/^\[|\]$/g, ""),
    serverPort: Number(url.port || (url.protocol === "https:" ? 443 : 80)),
    constants: numbers,
    budget: { ...numbers.budget, ...document.budget, ...stated(options.budget ?? {}) },
    headerNames,
    rules,
    environment,
    document,
    observe: options.mode === "observe",
    forMethod(method, calls = true) {
      let found = cache.get(method);
      if (found === undefined) {
        found = resolve(method);
        const [oldest] = cache.size < MAX_METHODS ? [] : cache.keys();
        if (oldest !== undefined) {
          cache.delete(oldest);
        }
        cache.set(method, found);
      }
      if (calls && found.misspelt.length > 0 && !warned.has(method.parent)) {
        warned.add(method.parent);
        found.misspelt.forEach(warn);
      }
      return found;
    },
    knownMethods: () => [...cache.keys()],
  };
}

function baseUrl(options: AmeideOptions, environment: Environment): URL {
  const given = options.baseUrl ?? environment.baseUrl;
  if (given === undefined) {
    throw configError("baseUrl", "is missing; give it, or set AMEIDE_BASE_URL");
  }
  return readBaseUrl(given, {
    option: options.baseUrl === undefined ? "AMEIDE_BASE_URL" : "baseUrl",
    allowInsecureLoopback: options.allowInsecureLoopback === true,
    allowInsecureHosts: options.allowInsecureHosts ?? [],
  });
}

/** Policy part of settings: the names that the policy table gives to options. */
export type PolicySettings = Pick<Settings, NamesOf<"settings"> | "noDeadline"> & {
  readonly retry?: false | Pick<RetryOptions, NamesOf<"retry">> | undefined;
};

const SETTINGS = namesOf("settings");

/** Returns the policy part of settings. */
export function policyPart(settings: PolicySettings): PolicyPart {
  const { retry } = settings;
  const part: PolicyPart = pick(settings, SETTINGS);
  if (settings.noDeadline === true) {
    part.timeoutMs = null;
  }
  if (retry === false) {
    part.retry = false;
  } else if (retry !== undefined) {
    const { retryableCodes, ...values } = stated(retry);
    Object.assign(part, values satisfies PolicyPart, { retry: true });
    if (retryableCodes !== undefined) {
      part.retryableCodes = [...retryableCodes].sort();
    }
  }
  return part;
}

function methodResolver(
  layers: OptionLayers,
  scope: OriginScope,
  environment: Environment,
  document: PolicyDocument,
  constants: PolicyConstants,
  behavior: number,
  preset: Preset,
): (method: DescMethod) => MethodConfig {
  const inCode = layers.map((settings) => ({
    settings,
    methods: new Map(Object.entries(settings.methods ?? {})),
  }));
  const { token } = environment;
  const fromEnvironment = {
    auth: environmentValue("AMEIDE_TOKEN", token === undefined ? null : { token }, scope),
    tenant: environmentValue("AMEIDE_TENANT", environment.tenant ?? null, scope),
  };
  const selectors = statedSelectors(layers, document);
  const { registry } = layers.find((options) => options.registry !== undefined) ?? {};
  return (method) => {
    const name = methodName(method);
    const service = method.parent.typeName;
    // A derived client overrides its parent's settings of single methods.
    const byLayer = inCode.map(({ settings, methods }) => [
      ...select(methods, service, method.name).map(([selector, each]) => ({
        source: `code: methods[${selector}]`,
        settings: each,
      })),
      { source: "code: client", settings },
    ]);
    const code = byLayer.flat();
    const ofOrigin = byLayer.slice(0, scope.layers.length).flat();
    const policy = resolvePolicy([
      {
        source: "environment: AMEIDE_SDK_RETRIES",
        values: environment.retriesOff ? { retry: false } : {},
      },
      ...code.map(({ source, settings }) => ({ source, values: policyPart(settings) })),
      ...environment.layers,
      ...select(document.methods, service, method.name).map(([selector, values]) => ({
        source: `policy document: ${selector}`,
        values,
      })),
      { source: "policy document: default", values: document.default },
      ...methodFacts(method, registry),
      { source: `preset: ${preset}`, values: constants.presets[preset] },
      {
        source: `built-in (behavior ${behavior})`,
        values: defaultsFor(constants.defaults, method.methodKind),
      },
    ]);
    const { requestIdField, refusal } = refusalOf(method, policy);
    const auth = nearest(ofOrigin, "auth") ?? fromEnvironment.auth;
    const tenant = nearest(ofOrigin, "tenant") ?? fromEnvironment.tenant;
    const headers = Object.assign(
      {},
      ...ofOrigin.map((layer) => lowerNames(layer.settings.headers)).reverse(),
    );
    return {
      name,
      policy,
      auth: auth.value,
      authSource: auth.source,
      tenant: tenant.value,
      tenantSource: tenant.source,
      headers: Object.entries<string>(headers),
      deadlineFrom: nearest(code, "deadlineFrom")?.value,
      requestIdField,
      refusal,
      misspelt: selectors.flatMap((each) => misspelt(method.parent, each)),
      wireMethod: wireMethodOf(method, policy.values),
    };
  };
}

function statedSelectors(layers: OptionLayers, document: PolicyDocument): StatedSelectors[] {
  const inCode = layers.flatMap(({ methods }) =>
    methods === undefined
      ? []
      : [{ owner: methods, where: "methods", selectors: Object.keys(methods) }],
  );
  const policy = layers.find((options) => options.policy !== undefined)?.policy;
  const selectors = [...document.methods.keys()];
  return policy === undefined
    ? inCode
    : [...inCode, { owner: policy, where: "policy document", selectors }];
}

// Returns the value that the environment gives for its own base address, unless code overrides it.
function environmentValue<T>(
  variable: string,
  value: T | null,
  scope: OriginScope,
): { source: string; value: T | null } {
  if (value === null) {
    return { source: "built-in", value };
  }
  return scope.environment
    ? { source: `environment: ${variable}`, value }
    : {
        source: `built-in (${variable} is for AMEIDE_BASE_URL; environmentCredentials: true sends it here)`,
        value: null,
      };
}

function nearest<K extends keyof Settings>(
  layers: readonly { source: string; settings: Settings }[],
  name: K,
): { source: string; value: Exclude<Settings[K], undefined> } | undefined {
  const layer = layers.find(({ settings }) => settings[name] !== undefined);
  return (
    layer && {
      source: layer.source,
      value: layer.settings[name] as Exclude<Settings[K], undefined>,
    }
  );
}

// Returns the stated values among some names.
function pick<T, K extends keyof T>(values: T, names: readonly K[]): Partial<Stated<Pick<T, K>>> {
  const part: Partial<Pick<T, K>> = {};
  for (const name of names) {
    if (values[name] !== undefined) {
      part[name] = values[name];
    }
  }
  return part as Partial<Stated<Pick<T, K>>>;
}

type Stated<T> = { [K in keyof T]: Exclude<T[K], undefined> };

// Removes members that are undefined, which counts as not stated.
function stated<T extends object>(values: T): Stated<T> {
  const entries = Reflect.ownKeys(values).map((name) => [name, Reflect.get(values, name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Stated<T>;
}

// Returns headers with lower-case names, so that a nearer header replaces a farther one.
function lowerNames(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
