import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import {
  type Call,
  type CallSchema,
  Deed,
  type GivenSchema,
  type SettingsSchema,
  type StepSchema,
} from "@ameideio/conformance-proto";
import { SERVICE } from "./model/document.js";
import { timing } from "./generate_timing.js";
import { type Kind, methodFacts, methodsOf } from "./model/levels.js";
import type { Random } from "./random.js";

type SettingsInit = Exclude<MessageInitShape<typeof SettingsSchema>, { $typeName: string }>;
type StepInit = MessageInitShape<typeof StepSchema>;

/** The `given` of a case, with whether its calls run in parallel. */
export interface GeneratedGiven {
  readonly given: MessageInitShape<typeof GivenSchema>;
  readonly uniform: boolean;
  readonly wallClockMs: number;
}

const CODES = ["aborted", "internal", "unknown", "data_loss", "resource_exhausted", "not_found"];

export function generateGiven(random: Random, kinds: readonly Kind[]): GeneratedGiven {
  const methods = kinds.flatMap(methodsOf);
  // The order in which parallel calls take their messages is not defined.
  const uniform = random.chance(0.1) && !kinds.includes("client") && !kinds.includes("bidi");
  const wallClockMs =
    Date.UTC(2026, 0, 5) + random.between(0, 86_400) * 1000 + random.pick([0, 0, 300, 999]);
  const derived = random.chance(0.15);
  const steps: StepInit[] = derived
    ? [
        {
          action: {
            case: "derive",
            value: { name: "d", from: "", settings: derivedSettings(random) },
          },
        },
      ]
    : [];
  const further = derived && random.chance(0.3);
  if (further) {
    const value = { name: "e", from: "d", settings: derivedSettings(random) };
    steps.push({ action: { case: "derive", value } });
  }
  // GET is for one method alone.
  const httpGet = random.chance(0.25);
  const usual =
    httpGet && kinds.includes("unary") && random.chance(0.7)
      ? "NoSideEffects"
      : random.pick(methods);
  const watchers = uniform ? [] : watching(random);
  const calls = random.weighted([
    [5, () => 1],
    [4, () => random.between(2, 4)],
    [1, () => random.between(5, 9)],
  ]);
  for (let i = 0; i < calls; i++) {
    if (i > 0 && random.chance(0.25)) {
      const ms = random.pick([1, 700, 1001, 2500, 5001, 20_000, 70_000, 100_000, 300_000]);
      steps.push({ action: { case: "advanceMs", value: BigInt(ms) } });
    }
    if (i > 0 && random.chance(0.03)) {
      const ms = random.pick([-7_200_000, -40_000, 40_000, 7_200_000]);
      steps.push({ action: { case: "wallJumpMs", value: BigInt(ms) } });
    }
    const client = derived && random.chance(0.7) ? (further && random.chance(0.6) ? "e" : "d") : "";
    const method = random.chance(0.7) ? usual : random.pick(methods);
    const byCallback = watchers.some(({ does }) => does === Deed.CANCEL) && random.chance(0.7);
    steps.push(callStep(random, { client, method, uniform, byCallback }));
  }
  return {
    given: {
      client: {
        settings: clientSettings(random),
        methods: random.chance(0.2) ? { [random.pick([usual, "*"])]: methodSettings(random) } : {},
        preset: random.chance(0.07) ? random.pick(["mesh", "standalone"]) : "",
        ...(random.chance(httpGet ? 0.6 : 0.25) ? { policy: document(random, usual) } : {}),
        ...(random.chance(0.35) ? { budget: budget(random) } : {}),
        httpGet,
        ...(random.chance(0.1) ? { baseUrl: "https://code.test" } : {}),
        environmentCredentials: random.chance(0.2),
        ...(random.chance(0.05) ? { readMaxBytes: 1000n } : {}),
        interceptors: random.chance(0.1) ? [{ append: "a" }, { append: "b" }] : [],
        watchers,
      },
      random: uniform ? [random.pick([0.5, 0.25, 0.999999])] : draws(random),
      wallClockMs: BigInt(wallClockMs),
      env: environment(random),
      steps,
    },
    uniform,
    wallClockMs,
  };
}

// Makes a watcher fail, which changes nothing, or cancel.
function watching(random: Random): { who: string; at: string; does: Deed }[] {
  return random.weighted<ReturnType<typeof watching>>([
    [8, () => []],
    [1, () => [{ who: "observer", at: "", does: random.pick([Deed.THROW, Deed.REJECT]) }]],
    [
      1,
      () => [
        { who: "observer", at: random.pick(["attempt_failed", "waiting"]), does: Deed.CANCEL },
      ],
    ],
  ]);
}

function draws(random: Random): number[] {
  const one = (): number => random.pick([0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999999, random.next()]);
  return Array.from({ length: random.between(1, 6) }, one);
}

function clientSettings(random: Random): SettingsInit {
  return {
    ...timing(random, 0.35),
    ...retrying(random, 0.35),
    ...waiting(random, 0.2),
    ...(random.chance(0.5) ? { tenant: random.pick(["blue", "red"]) } : {}),
    ...(random.chance(0.4) ? { auth: credential(random) } : {}),
    ...(random.chance(0.1) ? { headers: { "x-u-client": "1", "x-u-both": "client" } } : {}),
    ...(random.chance(0.06) ? { idempotencyKey: "off" } : {}),
  };
}

function methodSettings(random: Random): SettingsInit {
  return {
    ...timing(random, 0.5),
    ...retrying(random, 0.5),
    ...waiting(random, 0.3),
    ...(random.chance(0.1) ? { headers: { "x-u-method": "1", "x-u-both": "method" } } : {}),
    ...(random.chance(0.1) ? { idempotencyKey: random.pick(["auto", "off"]) } : {}),
    ...(random.chance(0.2) ? { tenant: "method" } : random.chance(0.1) ? { tenantNull: true } : {}),
    ...ownCredential(random),
  };
}

function derivedSettings(random: Random): SettingsInit {
  return {
    ...timing(random, 0.3),
    ...retrying(random, 0.3),
    ...waiting(random, 0.2),
    ...(random.chance(0.6) ? { tenant: random.pick(["green", "red"]) } : {}),
    ...(random.chance(0.15) ? { headers: { "x-u-derived": "1", "x-u-both": "derived" } } : {}),
    ...(random.chance(0.1) ? { idempotencyKey: random.pick(["auto", "off"]) } : {}),
    ...ownCredential(random),
  };
}

// Has no second provider: the model knows only that of the client.
function ownCredential(random: Random): SettingsInit {
  return random.weighted<SettingsInit>([
    [9, () => ({})],
    [1, () => ({ auth: { token: "another" } })],
    [1, () => ({ authNull: true })],
  ]);
}

function retrying(random: Random, probability: number): SettingsInit {
  if (!random.chance(probability)) {
    return {};
  }
  if (random.chance(0.12)) {
    return { retryOff: true };
  }
  return {
    retry: {
      ...(random.chance(0.6) ? { maxAttempts: random.between(1, 5) } : {}),
      ...(random.chance(0.3) ? { baseDelayMs: random.pick([1, 10, 100, 1000, 30_000]) } : {}),
      ...(random.chance(0.3) ? { throttleDelayMs: random.pick([1, 50, 500, 4000]) } : {}),
      ...(random.chance(0.3) ? { maxDelayMs: random.pick([1, 60, 700, 5000]) } : {}),
      ...(random.chance(0.25) ? { maxServerDelayMs: random.pick([1, 500, 2000, 100_000]) } : {}),
      retryableCodes: random.chance(0.25) ? [random.pick(CODES)] : [],
      ...(random.chance(0.5) ? { requireIdempotency: random.chance(0.8) } : {}),
    },
  };
}

function waiting(random: Random, probability: number): SettingsInit {
  return random.chance(probability) ? { waitForReady: random.chance(0.8) } : {};
}

function credential(random: Random): NonNullable<SettingsInit["auth"]> {
  const provider = (): NonNullable<SettingsInit["auth"]> => ({
    provider: Array.from({ length: random.between(1, 4) }, (_, index) => ({
      token: `token-${index + 1}`,
      ...expiry(random),
      delayMs: BigInt(random.pick([0, 0, 0, 5, 40, 700, 2999, 4000, 7000])),
      fail: random.chance(0.12),
      stall: random.chance(0.05),
      untilDeadline: random.chance(0.03),
    })),
  });
  // A token that is renewed in the background at once, which fails, and that expires soon.
  const failing = (): NonNullable<SettingsInit["auth"]> => ({
    provider: [
      { token: "first", expiresInMs: 31_000n },
      { token: "second", fail: true },
      { token: "last" },
    ],
  });
  return random.weighted([
    [6, provider],
    [1, failing],
    [1, () => ({ token: "static" })],
    [1, () => ({ header: "x-api-key", value: "k" })],
  ]);
}

// Mostly a lifetime of any length; now and then nonsense.
function expiry(random: Random): { expiresInMs?: bigint; expiresAt?: number } {
  if (random.chance(0.06)) {
    const nonsense = [0, -1, 3600, 1_800_000_000, 99_999_999_999, NaN, Infinity, 100_000_000_000];
    return { expiresAt: random.pick(nonsense) };
  }
  if (random.chance(0.3)) {
    return {};
  }
  const lives = [-5000, 1, 1500, 5000, 20_000, 31_000, 90_000, 121_000, 125_000, 3_600_000];
  return { expiresInMs: BigInt(random.pick(lives)) };
}

function budget(random: Random): { capacity?: number; cost?: number; throttleCost?: number } {
  const capacity = random.pick([1, 5, 14, 20, 30, 50, 500, 10_000]);
  const cost = random.pick([1, 5, 14]);
  return {
    capacity,
    ...(random.chance(0.4) ? { cost: Math.min(capacity, cost) } : {}),
    ...(random.chance(0.4) ? { throttleCost: Math.min(capacity, random.pick([1, 5, 14])) } : {}),
  };
}

function environment(random: Random): { [name: string]: string } {
  return {
    ...(random.chance(0.3) ? { AMEIDE_BASE_URL: "https://env.test" } : {}),
    ...(random.chance(0.1) ? { AMEIDE_TENANT: "env" } : {}),
    ...(random.chance(0.1) ? { AMEIDE_TOKEN: "env-token" } : {}),
    ...(random.chance(0.08) ? { AMEIDE_TIMEOUT_MS: String(random.between(100, 20_000)) } : {}),
    ...(random.chance(0.08) ? { AMEIDE_MAX_ATTEMPTS: String(random.between(1, 5)) } : {}),
    ...(random.chance(0.03) ? { AMEIDE_SDK_RETRIES: "off" } : {}),
  };
}

function document(random: Random, method: string): JsonObject {
  const policy = (): JsonObject => ({
    ...(random.chance(0.3) ? { max_attempts: random.between(1, 5) } : {}),
    ...(random.chance(0.2) ? { base_delay_ms: String(random.pick([5, 200])) } : {}),
    ...(random.chance(0.2) ? { throttle_delay_ms: String(random.pick([5, 300])) } : {}),
    ...(random.chance(0.1) ? { max_delay_ms: String(random.pick([40, 400])) } : {}),
    ...(random.chance(0.1) ? { max_server_delay_ms: String(random.pick([300, 5000])) } : {}),
    ...(random.chance(0.2) ? { timeout_ms: String(random.between(100, 20_000)) } : {}),
    ...(random.chance(0.2) ? { attempt_timeout_ms: String(random.between(50, 5000)) } : {}),
    ...(random.chance(0.15) ? { first_message_timeout_ms: String(random.between(20, 4000)) } : {}),
    ...(random.chance(0.15) ? { idle_timeout_ms: String(random.between(20, 4000)) } : {}),
    ...(random.chance(0.2) ? { first_message_timeout_ms: String(random.between(50, 5000)) } : {}),
    ...(random.chance(0.2) ? { idle_timeout_ms: String(random.between(50, 5000)) } : {}),
    ...(random.chance(0.1) ? { idempotency_key: "IDEMPOTENCY_KEY_MODE_OFF" } : {}),
    ...(random.chance(0.1) ? { retryable_codes: [random.pick(CODES)] } : {}),
    ...(random.chance(0.3) ? { require_idempotency: random.chance(0.8) } : {}),
    ...(random.chance(0.2) ? { wait_for_ready: random.chance(0.8) } : {}),
  });
  const facts = (ofMethod: boolean): JsonObject => ({
    ...(random.chance(0.5)
      ? {
          idempotency_level: random
            .pick(["IDEMPOTENT", "UNKNOWN", "NO_SIDE_EFFECTS"])
            .replace(/^/, "IDEMPOTENCY_LEVEL_"),
        }
      : {}),
    ...(random.chance(0.3) ? { idempotency_key: random.chance(0.5) } : {}),
    ...(random.chance(0.3)
      ? { tenant: `TENANT_MODE_${random.pick(["REQUIRED", "OPTIONAL", "FORBIDDEN"])}` }
      : {}),
    ...(random.chance(0.2) ? { auth: `AUTH_MODE_${random.pick(["NONE", "BEARER"])}` } : {}),
    ...(ofMethod && random.chance(0.2) ? { request_id_field: requestIdField(random, method) } : {}),
  });
  const ofMethod = random.chance(0.6);
  const selector = ofMethod ? `${SERVICE}/${method}` : SERVICE;
  return {
    ...(random.chance(0.1) ? { preset: "PRESET_MESH" } : {}),
    ...(random.chance(0.6) ? { default: policy() } : {}),
    ...(random.chance(0.6)
      ? {
          methods: [
            {
              selectors: [selector],
              policy: { ...policy(), ...(random.chance(0.7) ? { facts: facts(ofMethod) } : {}) },
            },
          ],
        }
      : {}),
    ...(random.chance(0.3) ? { budget: { ...budget(random) } } : {}),
  };
}

// Now and then a field that the request does not have.
function requestIdField(random: Random, method: string): string {
  const has = methodFacts(method).hasField;
  return random.chance(has ? 0.8 : 0.1) ? "request_id" : "";
}

interface CallChoice {
  readonly client: string;
  readonly method: string;
  readonly uniform: boolean;
  /** True if a callback may cancel it. */
  readonly byCallback: boolean;
}

function callStep(random: Random, { client, method, uniform, byCallback }: CallChoice): StepInit {
  const settings: SettingsInit = random.chance(0.4) ? callSettings(random) : {};
  const { kind } = methodFacts(method);
  const canceled = random.maybe(kind === "unary" ? 0.1 : 0.2, () => ({
    ...(random.chance(0.15)
      ? { beforeStart: true }
      : { afterMs: BigInt(random.pick([1, 7, 60, 900, random.between(1, 9000)])) }),
    asTimeout: random.chance(0.4),
    firstOnly: uniform && random.chance(0.5),
  }));
  const cancel = byCallback ? { byCallback, asTimeout: random.chance(0.4) } : canceled;
  const value = {
    method,
    client,
    settings,
    text: random.pick(["a", "b", ""]),
    ...sideBySide(random, uniform),
    requestIdField:
      methodFacts(method).hasField && random.chance(0.3)
        ? "3f1c7a52-5d0e-4c5e-9b0e-2f6f3f8d1a10"
        : "",
    ...(cancel === undefined ? {} : { cancel }),
    ...streaming(random, kind),
    ...(random.chance(0.08)
      ? { runtimeTimeoutMs: random.pick([2, 50, 400.7, 2000, 40_000, 1e11]) }
      : {}),
  };
  return { action: { case: "call", value } };
}

// With a tenant for each call, there may be more requests than a provider gets at once.
function sideBySide(random: Random, uniform: boolean): { parallel?: number; tenantEach?: boolean } {
  if (!uniform || random.chance(0.4)) {
    return {};
  }
  return random.chance(0.15)
    ? { parallel: random.pick([3, 16, 17, 20]), tenantEach: true }
    : { parallel: random.between(2, 6) };
}

// Options that only streams have. Sending as fast as possible is the common case.
function streaming(random: Random, kind: Kind): Exclude<MessageInitShape<typeof CallSchema>, Call> {
  const reads = kind === "client" || kind === "bidi";
  const breaks = (kind === "server" || kind === "bidi") && random.chance(0.2);
  return {
    ...(breaks ? { breakAfter: random.between(1, 3) } : {}),
    ...(reads && random.chance(0.8)
      ? { texts: Array.from({ length: random.between(1, 3) }, (_, i) => `in ${i + 1}`) }
      : {}),
    ...(reads && random.chance(0.4)
      ? { textDelayMs: BigInt(random.pick([1, 30, 333, random.between(1, 2000)])) }
      : {}),
    keepOpen: kind === "bidi" && random.chance(0.25),
  };
}

function callSettings(random: Random): SettingsInit {
  if (random.chance(0.05)) {
    return wrongSettings(random);
  }
  return {
    ...timing(random, 0.3),
    ...retrying(random, 0.3),
    ...waiting(random, 0.2),
    ...(random.chance(0.15)
      ? { tenant: random.pick(["call", "red"]) }
      : random.chance(0.05)
        ? { tenantNull: true }
        : {}),
    ...(random.chance(0.06) ? { authNull: true } : {}),
    ...(random.chance(0.1) ? { headers: { "x-u-call": "1", "x-u-both": "call" } } : {}),
    ...(random.chance(0.1) ? { requestId: `own-${random.between(1, 99)}` } : {}),
    ...(random.chance(0.15)
      ? { idempotencyKey: random.pick(["off", "auto", "own key", "k-1"]) }
      : {}),
    ...(random.chance(0.08)
      ? { ambientDeadlineMs: random.pick([-20, 3, 6, 7, 90, 800.5, 5000, 70_000, Infinity]) }
      : {}),
  };
}

// Settings that are each refused before any I/O.
function wrongSettings(random: Random): SettingsInit {
  return random.pick<SettingsInit>([
    { timeoutMs: 0 },
    { timeoutMs: -5 },
    { ambientDeadlineMs: Number.NaN },
    { ambientDeadlineText: "500" },
    { ambientDeadlineThrows: true },
    { attemptTimeoutMs: 0 },
    { firstMessageTimeoutMs: 0 },
    { idleTimeoutMs: -1 },
    { firstMessageTimeoutMs: 0 },
    { idleTimeoutMs: -1 },
    { retry: { maxAttempts: 6, retryableCodes: [] } },
    { retry: { maxAttempts: 0, retryableCodes: [] } },
    { tenant: "no spaces" },
    { tenant: "" },
    { requestId: "no spaces" },
    { idempotencyKey: "naïve" },
    { headers: { Authorization: "Bearer x" } },
    { headers: { "grpc-timeout": "1S" } },
    { headers: { Connection: "close" } },
    { headers: { "proxy-authorization": "Basic eA==" } },
  ]);
}
