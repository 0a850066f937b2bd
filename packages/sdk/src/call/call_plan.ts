import { Code, ConnectError, type ContextValues, type UnaryRequest } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import {
  create,
  type DescField,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { ambientTimeout } from "../options/ambient_timeout.js";
import { callSettingsKey } from "./call_options.js";
import { checkCallSettings, checkTimeout } from "../options/check_options.js";
import { type MethodConfig, policyPart } from "../config/config.js";
import type { CredentialRequest } from "../auth/credential.js";
import type { CredentialSource } from "../auth/credential_source.js";
import { overallTimeout } from "../policy/deadline.js";
import { AmeideError, configError } from "../errors/errors.js";
import type { CallInfo, CallSink } from "../telemetry/observer.js";
import type { CallSettings } from "../options/options.js";
import type { PolicyValues, Protocol } from "../policy/policy.js";
import { TIME_LIMITS, type TimeLimit } from "../policy/policy_table.js";
import type { WireShape } from "../wire/wire_shape.js";
import { uuidV4, uuidV7 } from "../runtime/request_id.js";
import type { ClientContext } from "./client_context.js";
import { tenantFor } from "../options/tenant.js";
import { RequestHeaders } from "./request_headers.js";

const NONE: never[] = [];
const WITHHELD =
  "; AMEIDE_TENANT is for AMEIDE_BASE_URL, and environmentCredentials: true sends it here";

/** Facts of a call that do not change while it runs. */
export class CallPlan implements CredentialRequest, CallInfo {
  readonly startMs: number;
  readonly method: string;
  readonly methodKind: DescMethod["methodKind"];
  /** Method as Connect is to see it. */
  readonly wireMethod: DescMethod;
  readonly policy: PolicyValues;
  /** Policy that is watched but not applied, in observe mode. */
  readonly observed: PolicyValues | undefined;
  /** True if policy would have sent a key, in observe mode. */
  readonly keyWithheld: boolean;
  /** Refusals that are reported but not applied, in observe mode. */
  readonly refusals: readonly string[];
  readonly timeoutMs: number;
  readonly requestId: string;
  readonly idempotencyKey: string | undefined;
  /** True if the request carries something to deduplicate on: a key or a request id. */
  readonly keySent: boolean;
  readonly credentials: CredentialSource | undefined;
  readonly sinks: readonly CallSink[];
  readonly headerNames: ClientContext["config"]["headerNames"];
  readonly shape: WireShape;
  private readonly requestIdField: DescField | undefined;
  readonly tenant: string | undefined;
  readonly protocol: Protocol;
  readonly sendsRequestId: boolean;
  readonly headers: RequestHeaders;
  private readonly forMethod: MethodConfig;
  private readonly settings: CallSettings | undefined;

  /** @throws AmeideError CONFIG_INVALID, before any I/O. */
  constructor(
    private readonly client: ClientContext,
    private readonly desc: DescMethod,
    private readonly runtimeMs: number | undefined,
    header: ConstructorParameters<typeof Headers>[0],
    contextValues: ContextValues | undefined,
  ) {
    const { config, clock, random } = client;
    const forMethod = config.forMethod(desc);
    if (forMethod.refusal !== undefined) {
      throw configError(forMethod.refusal.option, forMethod.refusal.rule);
    }
    this.wireMethod = forMethod.wireMethod;
    const settings = contextValues?.get(callSettingsKey);
    if (settings !== undefined) {
      checkCallSettings(settings, config.rules);
    }
    this.forMethod = forMethod;
    this.settings = settings;
    this.startMs = clock.now();
    const wallNow = clock.wallNow();
    this.method = forMethod.name;
    this.headerNames = config.headerNames;
    const effective = effectivePolicy(forMethod, settings, config.environment.retriesOff);
    this.policy = config.observe ? byHandOnly(effective, settings) : effective;
    this.observed = config.observe ? effective : undefined;
    if (runtimeMs !== undefined) {
      checkTimeout(runtimeMs);
    }
    this.timeoutMs = overallTimeout(
      client.constants,
      ownTimeout(this.policy, forMethod, settings, runtimeMs),
      runtimeMs,
      ambient(client, forMethod, settings),
    );
    this.requestId = settings?.requestId ?? uuidV7(wallNow, random.bytes);
    this.idempotencyKey = idempotencyKey(this.policy, settings, random.bytes);
    const { methodKind } = desc;
    this.methodKind = methodKind;
    this.shape = client.shapes[methodKind];
    const { requestIdField: field } = forMethod;
    this.requestIdField = this.observed === undefined ? field : undefined;
    this.keySent = this.idempotencyKey !== undefined || this.requestIdField !== undefined;
    this.keyWithheld =
      this.observed !== undefined && (field !== undefined || wantsKey(this.observed));
    const refusals: string[] = this.observed === undefined ? NONE : [];
    this.refusals = refusals;
    this.tenant = this.tenantOrReport(forMethod, settings, refusals);
    const auth = settings?.auth === undefined ? forMethod.auth : settings.auth;
    const withAuth = auth !== null && this.policy.authMode !== "none";
    this.credentials = withAuth ? client.credentials(auth) : undefined;
    this.sendsRequestId = this.observed === undefined || settings?.requestId !== undefined;
    this.protocol = client.protocol;
    this.headers = new RequestHeaders(client, this);
    this.headers.add(forMethod, settings, header);
    this.sinks = client.sinks(this);
  }

  get service(): string {
    return this.desc.parent.typeName;
  }

  get serverAddress(): string {
    return this.client.config.serverAddress;
  }

  get serverPort(): number {
    return this.client.config.serverPort;
  }

  /** Address of the method, unless an interceptor asks for another. */
  get url(): string {
    return `${this.client.config.baseUrl}/${this.method}`;
  }

  get scopes(): readonly string[] {
    return this.policy.scopes;
  }

  get deadlineMs(): number {
    return this.startMs + this.timeoutMs;
  }

  /** Names the place that stated a limit, as `explain` does. */
  sourceOf(name: TimeLimit | "maxServerDelayMs"): string {
    const { forMethod, settings } = this;
    const { retry } = settings ?? {};
    const inRetry = name === "maxServerDelayMs";
    const stated = inRetry ? retry && retry.maxServerDelayMs : settings?.[name];
    return stated === undefined ? forMethod.policy.sources[name] : "code: call";
  }

  /** Names the place that stated the smallest of the deadlines. */
  deadlineSource(): string {
    const { forMethod, policy, runtimeMs, settings, timeoutMs } = this;
    const own = ownTimeout(policy, forMethod, settings, runtimeMs);
    if (own !== null && Math.floor(own) === timeoutMs) {
      return this.sourceOf("timeoutMs");
    }
    if (runtimeMs !== undefined && Math.floor(runtimeMs) === timeoutMs) {
      return "timeoutMs of the call";
    }
    return ambientOption(forMethod, settings);
  }

  /** Says why the call has no credential; undefined if it has one. */
  noCredential(): string | undefined {
    const { credentials, forMethod, headers, policy, settings } = this;
    if (credentials !== undefined || headers.hasAuthorization) {
      return undefined;
    }
    if (policy.authMode === "none") {
      return `its policy sends no credential: ${forMethod.policy.sources.authMode}`;
    }
    const source = settings?.auth === null ? "code: call" : forMethod.authSource;
    return source === "built-in" ? "no `auth` is set" : `no \`auth\` is set: ${source}`;
  }

  /**
   * Returns a message of the request with its request id field filled (AIP-4235). A copy is filled,
   * since the caller may send the message again as another call.
   */
  withRequestId<T>(input: T): T {
    const { requestIdField: field, desc, client } = this;
    if (field === undefined) {
      return input;
    }
    const init = input as MessageInitShape<DescMessage>;
    const message = create(desc.input, init) as object & Record<string, unknown>;
    const copy = Object.assign(Object.create(Object.getPrototypeOf(message)), message);
    copy[field.localName] ||= uuidV4(client.random.bytes);
    return copy;
  }

  /** Restores the request id of a request whose field an interceptor may have emptied. */
  withRequestIdAgain<T extends UnaryRequest>(request: T): T {
    return this.requestIdField === undefined || !this.client.hasInterceptors
      ? request
      : { ...request, message: this.withRequestId(request.message) };
  }

  /**
   * Returns the error for an answer that echoes another tenant than was sent; in observe mode it is
   * only reported.
   */
  tenantMismatch(
    header: Headers,
    events: { wouldRefuse(text: string): void },
  ): ConnectError | undefined {
    const echo = this.tenant === undefined ? null : header.get(this.headerNames.tenant);
    if (echo === null || echo === this.tenant) {
      return undefined;
    }
    const mismatch = new ConnectError("the answer is for another tenant", Code.Internal);
    if (this.observed === undefined) {
      return mismatch;
    }
    events.wouldRefuse(mismatch.rawMessage);
    return undefined;
  }

  /** Parses the code of a failure from Connect's spelling. */
  codeOf(name: string): Code {
    return codeFromString(name) ?? Code.Unknown;
  }

  private tenantOrReport(
    forMethod: MethodConfig,
    settings: CallSettings | undefined,
    refusals: string[],
  ): string | undefined {
    try {
      const { tenantMode } = this.policy;
      const withheld = this.client.config.withheld.includes("AMEIDE_TENANT") ? WITHHELD : "";
      return tenantFor(tenantMode, this.method, settings?.tenant, forMethod.tenant, withheld);
    } catch (reason) {
      if (this.observed === undefined) {
        throw reason;
      }
      refusals.push(AmeideError.from(reason).rawMessage);
      return settings?.tenant ?? undefined;
    }
  }
}

function effectivePolicy(
  forMethod: MethodConfig,
  settings: CallSettings | undefined,
  retriesOff: boolean,
): PolicyValues {
  const { values } = forMethod.policy;
  if (settings === undefined) {
    return values;
  }
  const { idempotencyKey: key, ...rest } = settings;
  const mode = key === "auto" || key === "off" ? { idempotencyKey: key } : {};
  const part = policyPart({ ...rest, ...mode } as Parameters<typeof policyPart>[0]);
  return { ...values, ...part, ...(retriesOff && { retry: false }) };
}

// Returns the part of a policy that observe mode applies: the settings of the call itself.
function byHandOnly(policy: PolicyValues, settings: CallSettings | undefined): PolicyValues {
  const limits = TIME_LIMITS.map((name) => [name, settings?.[name] ?? null]);
  return { ...policy, ...Object.fromEntries(limits), retry: false, idempotencyKey: "off" };
}

function ambient(
  client: ClientContext,
  forMethod: MethodConfig,
  settings: CallSettings | undefined,
): number | undefined {
  const stated = settings?.deadlineFrom ?? forMethod.deadlineFrom;
  const from = stated ?? client.ambientDeadline?.();
  return from && ambientTimeout(ambientOption(forMethod, settings), from);
}

function ambientOption(forMethod: MethodConfig, settings: CallSettings | undefined): string {
  const from = settings?.deadlineFrom ?? forMethod.deadlineFrom;
  return from === undefined ? "withDeadlineFrom" : "deadlineFrom";
}

// The runtime's own timeout is a setting of the call: it overrides operator settings and defaults;
// of two timeouts set in code the smaller wins.
function ownTimeout(
  policy: PolicyValues,
  forMethod: MethodConfig,
  settings: CallSettings | undefined,
  runtimeMs: number | undefined,
): number | null {
  const inCode =
    settings?.timeoutMs !== undefined || forMethod.policy.sources.timeoutMs.startsWith("code");
  return runtimeMs === undefined || inCode ? policy.timeoutMs : null;
}

function idempotencyKey(
  policy: PolicyValues,
  settings: CallSettings | undefined,
  random: (length: number) => Uint8Array,
): string | undefined {
  const own = settings?.idempotencyKey;
  if (own !== undefined && own !== "auto" && own !== "off") {
    return own;
  }
  return wantsKey(policy) ? uuidV4(random) : undefined;
}

function wantsKey(policy: PolicyValues): boolean {
  return policy.carriesIdempotencyKey && policy.idempotencyKey === "auto";
}
