import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import {
  type AmeideOptions,
  attemptInfo,
  type Auth,
  type CallSettings,
  type Settings,
  type TokenRequest,
} from "@ameideio/ameide-sdk-ts";
import { connectWire } from "@ameideio/ameide-sdk-ts/connect-wire";
import {
  type Auth as GivenAuth,
  type ClientSettings,
  ConformanceService,
  type Deed,
  type Interceptor as GivenInterceptor,
  type KeepAlive,
  type ProviderAnswer,
  RetrySchema,
  type RunRequest,
  type Settings as GivenSettings,
  SettingsSchema,
} from "@ameideio/conformance-proto";
import { FETCH } from "./entries.js";
import type { Time } from "./environment.js";

/** Context of token providers. */
export interface ProviderContext {
  readonly time: Time;
  providerCalls: number;
  /** Performs a callback's deed. */
  perform(deed: Deed): Promise<void> | undefined;
}

/** Returns the options of a client that the case gives. */
export function clientOptions(request: RunRequest, context: ProviderContext): AmeideOptions {
  const client: Partial<ClientSettings> = request.given?.client ?? {};
  const { budget } = client;
  return defined({
    ...settings(client.settings, context),
    baseUrl: baseUrl(request),
    allowInsecureLoopback: client.allowInsecureLoopback ?? true,
    allowInsecureHosts: client.allowInsecureHosts,
    protocol: request.protocol || undefined,
    format: request.format || undefined,
    httpVersion:
      request.httpClient === FETCH || request.http === "auto"
        ? undefined
        : request.http || client.httpVersion || undefined,
    connectTimeoutMs: client.connectTimeoutMs,
    keepAlive: keepAlive(client.keepAlive),
    maxConnectionAgeMs: client.maxConnectionAgeMs,
    tls: nonEmpty({
      ca: request.ca || undefined,
      certificate: request.clientCertificate || undefined,
      key: request.clientKey || undefined,
    }),
    methods: mapped(
      client.methods,
      (each) => settings(each, context),
      (name) =>
        name === "*" ? ConformanceService.typeName : `${ConformanceService.typeName}/${name}`,
    ),
    preset: client.preset || undefined,
    mode: client.mode || undefined,
    behavior: client.behavior,
    policy: client.policy,
    maxConnections: client.maxConnections,
    httpGet: (client.httpGet && request.protocol === "connect") || undefined,
    environmentCredentials: client.environmentCredentials || undefined,
    readMaxBytes: client.readMaxBytes === undefined ? undefined : Number(client.readMaxBytes),
    budget: nonEmpty({
      capacity: budget?.capacity ?? request.given?.budgetCapacity,
      cost: budget?.cost,
      throttleCost: budget?.throttleCost,
    }),
    interceptors: client.interceptors?.map((each) => interceptor(each, context)),
    attemptSpans: client.attemptSpans || undefined,
    headerNames: mapped(client.headerNames, (name) => name, camelCase),
    appName: client.appName || undefined,
    compression: compression(client),
    baggage: client.baggage,
    wire: process.argv.includes("--connect-wire") ? connectWire : undefined,
    ...(client.unknownOption && { [client.unknownOption]: true }),
  });
}

function keepAlive(given: KeepAlive | undefined): AmeideOptions["keepAlive"] {
  if (given === undefined) {
    return undefined;
  }
  const { intervalMs, off, timeoutMs, whileIdle } = given;
  return off ? false : defined({ intervalMs, timeoutMs, whileIdle });
}

function compression({
  sendCompression: send,
  acceptCompression: accept,
}: Partial<ClientSettings>) {
  return send || accept ? { ...(send && { send }), ...(accept && { accept }) } : undefined;
}

/** Returns the settings of a client, of methods, or of a call. */
export function settings(
  given: GivenSettings | undefined,
  context: ProviderContext,
): CallSettings & Settings {
  const { retry } = given ?? {};
  return defined({
    ...numbers(SettingsSchema, given),
    noDeadline: given?.noDeadline || undefined,
    retry: given?.retryOff
      ? false
      : retry &&
        defined({
          ...numbers(RetrySchema, retry),
          retryableCodes: retry.retryableCodes.length === 0 ? undefined : retry.retryableCodes,
          requireIdempotency: retry.requireIdempotency,
        }),
    waitForReady: given?.waitForReady,
    tenant: given?.tenantNull ? null : given?.tenant,
    auth: given?.authNull ? null : given?.auth && auth(given.auth, context),
    headers: given?.headersEmpty ? {} : nonEmpty(given?.headers ?? {}),
    requestId: given?.requestId,
    idempotencyKey: given?.idempotencyKey,
    deadlineFrom: ambientDeadline(given),
  });
}

// Options have the names of the fields.
function numbers(schema: DescMessage, given: object | undefined): Record<string, unknown> {
  const names = schema.fields
    .filter(({ scalar, name }) => scalar === ScalarType.DOUBLE && name !== "ambient_deadline_ms")
    .map(({ localName }) => localName);
  return Object.fromEntries(names.map((name) => [name, given && Reflect.get(given, name)]));
}

function ambientDeadline(given: GivenSettings | undefined): Settings["deadlineFrom"] {
  const ms: unknown = given?.ambientDeadlineMs ?? (given?.ambientDeadlineText || undefined);
  if (given?.ambientDeadlineThrows === true) {
    return () => {
      throw new Error("the ambient deadline throws, as the case says");
    };
  }
  return ms === undefined ? undefined : { timeoutMs: () => ms as number };
}

// In memory any address will do, including one that the environment gives.
function baseUrl(request: RunRequest): string | undefined {
  const given = request.given?.client?.baseUrl || request.baseUrl;
  const fromEnvironment = request.given?.env["AMEIDE_BASE_URL"];
  return given || (fromEnvironment ? undefined : "https://memory.test");
}

function auth(given: GivenAuth, context: ProviderContext): Auth {
  if (given.header !== "") {
    return { header: given.header, value: given.value };
  }
  if (given.provider.length === 0) {
    return { token: given.token };
  }
  let asked = 0;
  return {
    provider(request) {
      context.providerCalls++;
      const i = Math.min(asked++, given.provider.length - 1);
      const answer = given.provider[i] as ProviderAnswer;
      void context.perform(answer.does);
      return answer.atOnce ? tokenOf(answer, context.time) : provide(answer, request, context.time);
    },
  };
}

async function provide(answer: ProviderAnswer, request: TokenRequest, time: Time) {
  if (answer.untilDeadline) {
    const ms = request.deadline.getTime() - time.wallNow();
    await new Promise<void>((go) => void time.setTimer(go, ms, "deadline"));
    throw new Error("the provider fails at its deadline, as the case says");
  }
  if (answer.delayMs > 0n || answer.stall) {
    await new Promise<void>((go) => {
      if (!answer.stall) {
        time.setTimer(go, Number(answer.delayMs), "deadline");
      }
    });
  }
  if (answer.fail) {
    const [text = "the provider fails, as the case says", ...causes] = answer.says;
    throw causedBy(text, causes);
  }
  return tokenOf(answer, time);
}

function causedBy(text: string, [cause, ...further]: readonly string[]): Error {
  return new Error(text, cause === undefined ? undefined : { cause: causedBy(cause, further) });
}

function tokenOf(answer: ProviderAnswer, time: Time) {
  const { expiresAt, expiresInMs } = answer;
  return {
    token: answer.token,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(expiresInMs !== undefined && { expiresAt: time.wallNow() + Number(expiresInMs) }),
  };
}

function interceptor(given: GivenInterceptor, context: ProviderContext): Interceptor {
  return (next) => async (request) => {
    const { attempt: number } = request.contextValues.get(attemptInfo) ?? {};
    if (given.attempt !== 0 && given.attempt !== number) {
      return next(request);
    }
    if (given.append !== "") {
      request.header.append("x-seen", given.append);
    }
    if (given.attemptInfo) {
      const { attempt, remainingMs } = request.contextValues.get(attemptInfo) ?? {};
      request.header.set("x-attempt", String(attempt));
      request.header.set("x-remaining-ms", String(remainingMs));
    }
    if (given.throw) {
      const text = "the interceptor throws, as the case says";
      const code = codeFromString(given.throwCode);
      throw code === undefined ? new Error(text) : new ConnectError(text, code);
    }
    for (const [name, value] of Object.entries(given.headers)) {
      request.header.set(name, value);
    }
    for (const name of given.removes) {
      request.header.delete(name);
    }
    if (given.emptiesRequestId && !request.stream) {
      (request.message as { requestId?: string }).requestId = "";
    }
    if (given.text !== "" && !request.stream) {
      (request.message as { text?: string }).text = given.text;
    }
    await context.perform(given.does);
    return next(request);
  };
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function mapped<T>(
  record: Readonly<Record<string, T>> | undefined,
  value: (member: T) => unknown,
  name: (name: string) => string,
): Record<string, unknown> | undefined {
  const entries = Object.entries(record ?? {});
  return nonEmpty(Object.fromEntries(entries.map(([key, each]) => [name(key), value(each)])));
}

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function nonEmpty(members: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const kept = defined(members);
  return Object.keys(kept).length === 0 ? undefined : kept;
}
