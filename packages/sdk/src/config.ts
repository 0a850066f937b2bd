import type { DescField, DescMethod } from "@bufbuild/protobuf";
import type { Auth } from "./auth.js";
import {
  checkClientOptions,
  policyHeaderNames,
  reservedNames,
  type OptionRules,
} from "./check_options.js";
import { contractOf, methodName, type PolicyPart, wireMethodOf } from "./contract.js";
import { EMPTY_DOCUMENT, type PolicyDocument, readDocument } from "./document.js";
import type { Environment } from "./environment.js";
import { configError } from "./errors.js";
import { refusalOf, type Refusal } from "./method_refusal.js";
import { type OptionLayers, withoutShadowed } from "./option_layers.js";
import type { AmbientDeadline, AmeideOptions, Settings } from "./options.js";
import {
  BEHAVIOR_1,
  BEHAVIORS,
  type BudgetValues,
  type EffectivePolicy,
  type PolicyConstants,
  type Preset,
  resolvePolicy,
  select,
} from "./policy.js";
import { misspelt, type StatedSelectors } from "./selectors.js";

// More than anybody calls, unless descriptors are made anew all the time.
const MAX_METHODS = 10_000;

/** Names of the headers the SDK sets, lower-case. */
export interface PolicyHeaders {
  readonly tenant: string;
  readonly requestId: string;
  readonly idempotencyKey: string;
}

/** All that holds for calls of one method, before the call says anything. */
export interface MethodConfig {
  /** Full name: `acme.v1.Billing/Charge`. */
  readonly name: string;
  readonly policy: EffectivePolicy;
  /** The nearest setting; `null` for none. */
  readonly auth: Auth | null;
  readonly authSource: string;
  readonly tenant: string | null;
  readonly tenantSource: string;
  readonly headers: readonly [string, string][];
  readonly deadlineFrom: AmbientDeadline | (() => AmbientDeadline | undefined) | undefined;
  /** The request field that is filled with a UUIDv4 where it is empty. */
  readonly requestIdField: DescField | undefined;
  /** What of the policy cannot be: every call is refused by it. */
  readonly refusal: Refusal | undefined;
  /** Selectors for this service that select nothing. */
  readonly misspelt: readonly string[];
  /** The method as Connect is to see it: safe only where the policy says so, too. */
  readonly wireMethod: DescMethod;
}

/** The options of a client, checked and laid over environment and document. */
export interface ClientConfig {
  /** What derived clients are laid over. */
  readonly layers: OptionLayers;
  /** The nearest of every option. What holds for calls is laid together in `forMethod`. */
  readonly options: AmeideOptions;
  readonly baseUrl: string;
  readonly origin: string;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly constants: PolicyConstants;
  readonly budget: BudgetValues;
  readonly headerNames: PolicyHeaders;
  readonly rules: OptionRules;
  readonly environment: Environment;
  readonly document: PolicyDocument;
  readonly observe: boolean;
  /** The configuration of a method, made at its first call. */
  forMethod(method: DescMethod): MethodConfig;
  /** Methods called or asked for so far. */
  knownMethods(): readonly DescMethod[];
}

/**
 * Checks options and works out all that does not depend on a call.
 *
 * @param warn - Told of every selector that selects nothing, at the first method of
 *   its service.
 * @param constants - Perturbed numbers, in tests; default those of the behavior version.
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function createConfig(
  layers: OptionLayers,
  readEnvironment: ((maxMaxAttempts: number) => Environment) | undefined,
  warn: (problem: string) => void,
  constants?: PolicyConstants,
): ClientConfig {
  const options: AmeideOptions = Object.assign({}, ...layers.map(stated).reverse());
  const headerNames = policyHeaderNames(options.headerNames);
  const { maxMaxAttempts } = constants ?? BEHAVIOR_1;
  const rules = { ...reservedNames(layers, Object.values(headerNames)), maxMaxAttempts };
  for (const each of layers) {
    checkClientOptions(each, rules);
  }
  const environment = readEnvironment?.(maxMaxAttempts) ?? { retriesOff: false };
  const document =
    options.policy === undefined ? EMPTY_DOCUMENT : readDocument(options.policy, maxMaxAttempts);
  const url = baseUrl(options, environment);
  const behavior = options.behavior ?? document.behavior ?? 1;
  const numbers = constants ?? BEHAVIORS[behavior] ?? BEHAVIOR_1;
  const current = withoutShadowed(layers);
  const resolve = methodResolver(
    current,
    environment,
    document,
    numbers,
    behavior,
    options.preset ?? document.preset ?? "standalone",
  );
  const cache = new Map<DescMethod, MethodConfig>();
  const services = new Set<string>();
  return {
    layers: current,
    options,
    baseUrl: url.href.replace(/\/+$/, ""),
    origin: url.origin,
    serverAddress: url.hostname.replace(/^\[|\]$/g, ""),
    serverPort: Number(url.port || (url.protocol === "https:" ? 443 : 80)),
    constants: numbers,
    budget: { ...numbers.budget, ...document.budget, ...options.budget },
    headerNames,
    rules,
    environment,
    document,
    observe: options.mode === "observe",
    forMethod(method) {
      let found = cache.get(method);
      if (found === undefined) {
        found = resolve(method);
        const [oldest] = cache.size < MAX_METHODS ? [] : cache.keys();
        if (oldest !== undefined) {
          cache.delete(oldest);
        }
        cache.set(method, found);
        const { typeName } = method.parent;
        if (!services.has(typeName)) {
          services.add(typeName);
          found.misspelt.forEach(warn);
        }
      }
      return found;
    },
    knownMethods: () => [...cache.keys()],
  };
}

function baseUrl(options: AmeideOptions, environment: Environment): URL {
  const text = options.baseUrl ?? environment.baseUrl;
  if (text === undefined) {
    throw configError("baseUrl", "is missing; give it, or set AMEIDE_BASE_URL");
  }
  const option = options.baseUrl === undefined ? "AMEIDE_BASE_URL" : "baseUrl";
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw configError(option, "must be a URL", text);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw configError(option, "must have no user, password, query or fragment");
  }
  if (url.protocol === "https:") {
    return url;
  }
  if (url.protocol !== "http:") {
    throw configError(option, "must be https, or http to a loopback address");
  }
  if (!isLoopback(url.hostname)) {
    throw configError(option, "must be https: plain http is for loopback addresses only");
  }
  if (options.allowInsecureLoopback !== true) {
    throw configError(option, "plain http to a loopback address needs allowInsecureLoopback: true");
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The parts of settings that are policy. */
export function policyPart(settings: Pick<Settings, keyof Settings>): PolicyPart {
  const part: PolicyPart = {};
  if (settings.timeoutMs !== undefined) {
    part.timeoutMs = settings.timeoutMs;
  }
  if (settings.noDeadline === true) {
    part.timeoutMs = null;
  }
  if (settings.attemptTimeoutMs !== undefined) {
    part.attemptTimeoutMs = settings.attemptTimeoutMs;
  }
  if (settings.firstMessageTimeoutMs !== undefined) {
    part.firstMessageTimeoutMs = settings.firstMessageTimeoutMs;
  }
  if (settings.idleTimeoutMs !== undefined) {
    part.idleTimeoutMs = settings.idleTimeoutMs;
  }
  if (settings.retry === false) {
    part.retry = false;
  } else if (settings.retry !== undefined) {
    const { retryableCodes, ...numbers } = stated(settings.retry);
    Object.assign(part, numbers, { retry: true });
    if (retryableCodes !== undefined) {
      part.retryableCodes = [...retryableCodes].sort();
    }
  }
  if (settings.idempotencyKey !== undefined) {
    part.idempotencyKey = settings.idempotencyKey;
  }
  return part;
}

function methodResolver(
  layers: OptionLayers,
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
  // A stream may well be open for longer than any call should take.
  const streamDefaults = { ...constants.defaults, timeoutMs: null };
  const environmentAuth = environment.token === undefined ? null : { token: environment.token };
  const selectors = statedSelectors(layers, document);
  const { registry } = layers.find((options) => options.registry !== undefined) ?? {};
  return (method) => {
    const name = methodName(method);
    const service = method.parent.typeName;
    // A derived client is nearer than what its parent says of single methods.
    const code = inCode.flatMap(({ settings, methods }) => [
      ...select(methods, service, method.name).map(([selector, each]) => ({
        source: `code: methods[${selector}]`,
        settings: each,
      })),
      { source: "code: client", settings },
    ]);
    const policy = resolvePolicy([
      {
        source: "environment: AMEIDE_SDK_RETRIES",
        values: environment.retriesOff ? { retry: false } : {},
      },
      ...code.map(({ source, settings }) => ({ source, values: policyPart(settings) })),
      {
        source: "environment: AMEIDE_TIMEOUT_MS",
        values: defined("timeoutMs", environment.timeoutMs),
      },
      {
        source: "environment: AMEIDE_MAX_ATTEMPTS",
        values: defined("maxAttempts", environment.maxAttempts),
      },
      ...select(document.methods, service, method.name).map(([selector, values]) => ({
        source: `policy document: ${selector}`,
        values,
      })),
      { source: "policy document: default", values: document.default },
      ...contractOf(method, registry),
      { source: `preset: ${preset}`, values: constants.presets[preset] },
      {
        source: `built-in (behavior ${behavior})`,
        values: method.methodKind === "unary" ? constants.defaults : streamDefaults,
      },
    ]);
    const { requestIdField, refusal } = refusalOf(method, policy);
    const auth = nearest(code, "auth") ?? {
      source: environmentAuth === null ? "built-in" : "environment: AMEIDE_TOKEN",
      value: environmentAuth,
    };
    const tenant = nearest(code, "tenant") ?? {
      source: environment.tenant === undefined ? "built-in" : "environment: AMEIDE_TENANT",
      value: environment.tenant ?? null,
    };
    const headers = Object.assign(
      {},
      ...code.map((layer) => lowerNames(layer.settings.headers)).reverse(),
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

function defined(name: keyof PolicyPart, value: number | undefined): PolicyPart {
  return value === undefined ? {} : { [name]: value };
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

// What is set to undefined is not stated.
function stated<T extends object>(values: T): T {
  const entries = Reflect.ownKeys(values).map((name) => [name, Reflect.get(values, name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as T;
}

// Names in lower case, so that a nearer header replaces a farther one.
function lowerNames(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
