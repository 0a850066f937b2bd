import { printable } from "../errors/bounded_text.js";
import { CREDENTIAL_RULE, isCredential, isToken, TOKEN_RULE } from "../auth/credential.js";
import {
  CODE_NAMES,
  configError,
  configErrors,
  configFault,
  durationFault,
  isCode,
  namingConfigError,
  namingConfigFault,
} from "../errors/errors.js";
import { INSECURE_HOST_RULE, isInsecureHost } from "./insecure_hosts.js";
import { isLoggedHeader, LOG_LEVELS } from "../telemetry/log.js";
import type {
  AmeideOptions,
  BudgetOptions,
  CompressionOptions,
  DrainOptions,
  HeaderNames,
  KeepAliveOptions,
  RetryOptions,
  Settings,
  TlsOptions,
} from "./options.js";
import { wireMark } from "./options.js";
import { BEHAVIOR_1, BEHAVIORS, PROTOCOLS } from "../policy/policy.js";
import {
  boundsOf,
  BUDGET,
  CLIENT,
  type NamesOf,
  namesOf,
  POLICY,
  type StatedRule,
} from "../policy/policy_table.js";
import { unreadable } from "../errors/read_options.js";
import { isIdempotencyKey, isRequestId } from "../runtime/request_id.js";
import {
  hasMeaning,
  isOwnHeader,
  policyHeaderNames,
  type ReservedNames,
  reservedRule,
} from "./reserved_headers.js";
import { isTenant, TENANT_RULE } from "./tenant.js";
import { unknownOption } from "./unknown_option.js";

/** Checks that a value keeps the rule of an option; throws if it does not. */
type Check = (value: unknown, option: string, rules: OptionRules) => void;

/** Facts that the rules of options depend on. */
export interface OptionRules extends ReservedNames {
  /** Maximum number of attempts a policy may ask for. */
  readonly maxMaxAttempts: number;
}

/** @param fault - Creates the fault; one that shows the value if values are not secrets. */
function rule(text: string, holds: (value: unknown) => boolean, fault = configFault): Check {
  return (value, option) => {
    if (!holds(value)) {
      throw configErrors([fault(option, text, value)]);
    }
  };
}

function integer(min: number, max: number): Check {
  return rule(
    `must be an integer from ${min} to ${max}`,
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
    (option, ...fault) =>
      (option.endsWith("Ms") ? durationFault : namingConfigFault)(option, ...fault),
  );
}

function oneOf(...values: readonly unknown[]): Check {
  const known = values.map(String);
  return (value, option) => {
    if (!values.includes(value)) {
      throw namingConfigError(option, `must be one of ${known.join(", ")}`, value, known);
    }
  };
}

/** Checks that a value is an object; the error calls it `what`. */
export function checkIsObject(
  value: unknown,
  option: string,
  what = "an object",
): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw configError(option, `must be ${what}`, value);
  }
}

// A name is the caller's too: it is not repeated if it is long or not a text.
function memberPath(option: string, name: string): string {
  const shown = /^[ -~]{1,64}$/.test(name)
    ? name
    : "(a name that is no text of at most 64 characters)";
  return option === "" ? shown : `${option}.${shown}`;
}

/** @param listedIn - Name of the type that lists the members, if they are many. */
function object(members: Readonly<Record<string, Check>>, listedIn?: string): Check {
  const known = Object.keys(members);
  return (value, option, rules) => {
    checkIsObject(value, option || "options");
    let path = option || "options";
    try {
      for (const name of Object.keys(value)) {
        path = memberPath(option, name);
        const check = Object.hasOwn(members, name) ? members[name] : undefined;
        if (check === undefined) {
          throw configError(path, unknownOption(name, known, listedIn));
        }
        const member = (value as Readonly<Record<string, unknown>>)[name];
        if (member !== undefined) {
          check(member, path, rules);
        }
      }
    } catch (reason) {
      throw unreadable(path, reason);
    }
  };
}

const boolean = rule(
  "must be true or false",
  (value) => typeof value === "boolean",
  namingConfigFault,
);
const func = rule("must be a function", (value) => typeof value === "function");
const DURATION = "must be a finite number of milliseconds greater than 0";
const isDuration = (value: unknown) => Number.isFinite(value) && (value as number) > 0;
const durationMs = rule(DURATION, isDuration, durationFault);
const deadlineMs = rule(`${DURATION}; noDeadline: true is for none`, isDuration, durationFault);
const headerName = rule(
  "must be a header name (RFC 9110, section 5.6.2)",
  (value) => typeof value === "string" && /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value),
);
const credential = rule(CREDENTIAL_RULE, isCredential);
const token = rule(TOKEN_RULE, isToken);
const pem = rule(
  "must be PEM, as a string or bytes",
  (value) => typeof value === "string" || value instanceof Uint8Array,
);
const codes: Check = (value, option) => {
  const text = "must be an array of codes in Connect's spelling, such as aborted";
  if (!Array.isArray(value)) {
    throw configError(option, text, value);
  }
  if (!value.every(isCode)) {
    throw namingConfigError(
      option,
      text,
      value.find((code) => !isCode(code)),
      CODE_NAMES,
    );
  }
};

/** Returns the check of a value of the policy table, as code states it. */
function checkOf(stated: StatedRule): Check {
  switch (stated.is) {
    case "timeout":
      return durationMs;
    case "integer":
      return (value, option, rules) => {
        const { min, max } = boundsOf(stated, rules.maxMaxAttempts);
        integer(min, max)(value, option, rules);
      };
    case "word":
      return oneOf(...stated.words);
    case "flag":
      return boolean;
    case "codes":
      return codes;
  }
}

function checksOf<O extends "settings" | "retry">(option: O): Readonly<Record<NamesOf<O>, Check>> {
  const checks = namesOf(option).map((name) => [name, checkOf(POLICY[name])]);
  return Object.fromEntries(checks) as Readonly<Record<NamesOf<O>, Check>>;
}

const keepAliveMembers = object({
  intervalMs: checkOf(CLIENT["keepAlive.intervalMs"]),
  timeoutMs: checkOf(CLIENT["keepAlive.timeoutMs"]),
  whileIdle: boolean,
} satisfies Record<keyof KeepAliveOptions, Check>);

const keepAlive: Check = (value, option, rules) => {
  if (value !== false) {
    keepAliveMembers(value, option, rules);
  }
};

const tlsMembers = object({ ca: pem, certificate: pem, key: pem });
const tenant: Check = (value, option) => {
  if (value !== null && !isTenant(value)) {
    throw configError(option, TENANT_RULE, value);
  }
};

const retryMembers = object(checksOf("retry") satisfies Record<keyof RetryOptions, Check>);

const retry: Check = (value, option, rules) => {
  if (value !== false) {
    if (typeof value !== "object") {
      throw configError(option, "must be false or an object: leave it out for the defaults", value);
    }
    retryMembers(value, option, rules);
  }
};

const auth: Check = (value, option, rules) => {
  if (value === null) {
    return;
  }
  if (typeof value === "function") {
    throw configError(option, "must be an object: give the function as { provider }");
  }
  if (typeof value !== "object") {
    throw configError(option, "must be null, { token }, { header, value } or { provider }", value);
  }
  object({ token, header: headerName, value: credential, provider: func })(value, option, rules);
  const { header } = value as { header?: string };
  const lower = header?.toLowerCase();
  if (lower !== undefined && lower !== "authorization") {
    if (isOwnHeader(lower, rules)) {
      throw configError(`${option}.header`, "is a header the SDK sets itself");
    }
    if (isLoggedHeader(lower)) {
      throw configError(`${option}.header`, "is a header whose value is logged; take another");
    }
  }
  const members = Object.keys(value).sort().join();
  if (members !== "token" && members !== "header,value" && members !== "provider") {
    throw configError(option, "must be null, { token }, { header, value } or { provider }", value);
  }
};

const headers: Check = (value, option, rules) => {
  checkIsObject(value, option, "an object of names and values");
  for (const [name, text] of Object.entries(value)) {
    const path = memberPath(option, name);
    headerName(name, path, rules);
    const reserved = reservedRule(name, rules);
    if (reserved !== undefined) {
      throw configError(path, reserved);
    }
    if (typeof text !== "string" || !/^[ -~]*$/.test(text)) {
      throw configError(path, "must be printable ASCII on one line", text);
    }
  }
};

const settings = {
  ...checksOf("settings"),
  timeoutMs: deadlineMs,
  auth,
  tenant,
  noDeadline: boolean,
  retry,
  headers,
  deadlineFrom: rule(
    "must be a function, or have a method timeoutMs",
    (value) =>
      typeof value === "function" ||
      typeof (value as { timeoutMs?: unknown } | null)?.timeoutMs === "function",
  ),
} satisfies Record<keyof Settings, Check>;

const headerNamesMembers = object({
  tenant: headerName,
  requestId: headerName,
  idempotencyKey: headerName,
});

const headerNames: Check = (value, option, rules) => {
  headerNamesMembers(value, option, rules);
  const names = new Set<string>();
  for (const [member, lower] of Object.entries(policyHeaderNames(value as HeaderNames))) {
    if (hasMeaning(lower)) {
      throw configError(`${option}.${member}`, "is a header with a meaning of its own");
    }
    if (names.has(lower)) {
      throw configError(`${option}.${member}`, "is the name of another header of the SDK");
    }
    names.add(lower);
  }
};

const checkSettings = exclusive(object(settings, "Settings"));

const checkCall = exclusive(
  object(
    {
      ...settings,
      requestId: rule("must be 1 to 128 visible ASCII characters", isRequestId),
      idempotencyKey: rule("must be auto, off, or 1 to 255 printable ASCII", isIdempotencyKey),
    },
    "CallSettings",
  ),
);

const methods: Check = (value, option, rules) => {
  checkIsObject(value, option, "an object of selectors and settings");
  for (const [selector, entry] of Object.entries(value)) {
    if (!isSelector(selector)) {
      throw configError(option, selectorRule(selector));
    }
    checkSettings(entry, `${option}[${selector}]`, rules);
  }
};

/**
 * Reports whether a text is a selector: a service (`acme.v1.Billing`) or a method
 * (`acme.v1.Billing/Charge`).
 */
export function isSelector(selector: string): boolean {
  return /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\/[A-Za-z_]\w*)?$/.test(selector);
}

/** States the rule of {@link isSelector}, for a selector that breaks it. */
export function selectorRule(selector: string): string {
  const shown = JSON.stringify(printable(selector.slice(0, MAX_SHOWN)));
  return `the selector ${shown} must be a service (acme.v1.Billing) or service/method (acme.v1.Billing/Charge)`;
}

// Longest shown part of a selector that breaks its rule.
const MAX_SHOWN = 64;

const FETCH_OWN = ["method", "headers", "body", "redirect", "signal", "duplex"];

const fetchInit: Check = (value, option) => {
  checkIsObject(value, option);
  const own = FETCH_OWN.find((name) => name in value);
  if (own !== undefined) {
    throw configError(`${option}.${own}`, "is the request's own; leave it to the SDK");
  }
  // Reads all members, to find a getter that throws now.
  const { mode } = { ...(value as { mode?: unknown }) };
  if (mode !== undefined && mode !== "cors" && mode !== "same-origin") {
    throw configError(`${option}.mode`, "must be cors or same-origin: of others no answer is read");
  }
};

const transport: Check = (value, option) => {
  const { unary, explain } = Object(value) as { unary?: unknown; explain?: unknown };
  if (typeof value !== "function" && typeof unary !== "function") {
    throw configError(option, "must be an HTTP client function or a Transport", value);
  }
  if (typeof explain === "function") {
    throw configError(option, "is one of this SDK already: use it itself, or its with()");
  }
};

const checkClient = exclusive(
  object(
    {
      ...settings,
      baseUrl: rule("must be a URL", (value) => typeof value === "string" || value instanceof URL),
      allowInsecureLoopback: boolean,
      allowInsecureHosts: rule(
        INSECURE_HOST_RULE,
        (value) => Array.isArray(value) && value.every(isInsecureHost),
      ),
      environmentCredentials: boolean,
      protocol: oneOf(...PROTOCOLS),
      format: oneOf("binary", "json"),
      methods,
      budget: object({
        capacity: checkOf(BUDGET.capacity),
        cost: checkOf(BUDGET.cost),
        throttleCost: checkOf(BUDGET.throttleCost),
      } satisfies Record<keyof BudgetOptions, Check>),
      interceptors: rule(
        "must be an array of functions",
        (value) => Array.isArray(value) && value.every((member) => typeof member === "function"),
      ),
      compression: object({
        send: oneOf("none", "gzip", "br"),
        accept: oneOf("none", "gzip", "br"),
        minBytes: checkOf(CLIENT["compression.minBytes"]),
      } satisfies Record<keyof CompressionOptions, Check>),
      registry: rule(
        "must be a registry of protobuf-es",
        (value) => (value as { kind?: unknown } | null)?.kind === "registry",
      ),
      httpVersion: oneOf("1.1", "2"),
      connectTimeoutMs: checkOf(CLIENT.connectTimeoutMs),
      maxConnections: checkOf(CLIENT.maxConnections),
      keepAlive,
      maxConnectionAgeMs: checkOf(CLIENT.maxConnectionAgeMs),
      httpGet: boolean,
      readMaxBytes: checkOf(CLIENT.readMaxBytes),
      headerNames,
      preset: oneOf(...Object.keys(BEHAVIOR_1.presets)),
      mode: oneOf("enforce", "observe"),
      behavior: oneOf(...Object.keys(BEHAVIORS).map(Number)),
      baggage: rule(
        "must be an array of strings",
        (value) => Array.isArray(value) && value.every((member) => typeof member === "string"),
      ),
      attemptSpans: boolean,
      tls: (value, option, rules) => {
        if (typeof value !== "function") {
          tlsMembers(value, option, rules);
        }
      },
      proxy: rule(
        "must be an http or https address, or null",
        (value) => value === null || typeof value === "string" || value instanceof URL,
      ),
      clientHeader: boolean,
      appName: rule(
        "must be app/version in visible ASCII",
        (value) => typeof value === "string" && /^[!-.0-~]+\/[!-.0-~]+$/.test(value),
      ),
      telemetry: rule(
        "must be false, or made by /otel",
        (value) =>
          value === false || typeof (value as { begin?: unknown } | null)?.begin === "function",
      ),
      logger: rule("must have error, warn, info and debug", (value) =>
        ["error", "warn", "info", "debug"].every(
          (name) => typeof (value as Record<string, unknown> | null)?.[name] === "function",
        ),
      ),
      logLevel: oneOf(...LOG_LEVELS),
      policy: rule(
        "must be a document: for the text of a file JSON.parse(text), not its name",
        (value) => typeof value === "object" && value !== null,
      ),
      transport,
      wire: rule(
        "must be connectWire of /connect-wire",
        (value) => (value as { [wireMark]?: unknown } | null)?.[wireMark] === true,
      ),
      observer: func,
      fetchInit,
      fetch: func,
    } satisfies Record<keyof AmeideOptions, Check>,
    "AmeideOptions",
  ),
);

function exclusive(check: Check): Check {
  return (value, option, rules) => {
    check(value, option, rules);
    const { timeoutMs, noDeadline } = value as { timeoutMs?: unknown; noDeadline?: unknown };
    if (noDeadline === true && timeoutMs !== undefined) {
      throw configError(
        option === "" ? "noDeadline" : `${option}.noDeadline`,
        "excludes timeoutMs",
      );
    }
  };
}

/** Checks the options of a client. */
export function checkClientOptions(options: object, rules: OptionRules): void {
  checkClient(options, "", rules);
}

const checkDrain = object({
  timeoutMs: checkOf(CLIENT["drain.timeoutMs"]),
} satisfies Record<keyof DrainOptions, Check>);

const NO_RULES: OptionRules = { maxMaxAttempts: 0, own: new Map(), keys: new Set() };

/** Checks TLS material; that of a function is known only when a connection is made. */
export function checkTls(tls: TlsOptions): void {
  tlsMembers(tls, "tls", NO_RULES);
}

/** Checks the options of draining a client. */
export function checkDrainOptions(options: object, rules: OptionRules): void {
  checkDrain(options, "drain", rules);
}

/** Checks the timeout of a call that is stated beside the settings. */
export function checkTimeout(value: unknown): void {
  deadlineMs(value, "timeoutMs", NO_RULES);
}

/** Checks the settings of a call. */
export function checkCallSettings(options: object, rules: OptionRules): void {
  checkCall(options, "", rules);
}
