import { tell } from "../runtime/callbacks.js";
import { isHeaderName, isHeaderValue, readCallHeaders } from "./call_headers.js";
import type { MethodConfig } from "../config/config.js";
import { type Credential, secretsOf } from "../auth/credential.js";
import type { CredentialSource } from "../auth/credential_source.js";
import { setTimeoutHeader, TIMEOUT_HEADERS } from "../policy/deadline.js";
import { configError } from "../errors/errors.js";
import { isLoggedHeader } from "../telemetry/log.js";
import type { CallSink } from "../telemetry/observer.js";
import type { CallSettings } from "../options/options.js";
import type { PolicyValues } from "../policy/policy.js";
import { connectAgent } from "../runtime/version.js";
import { connectionHeader, isOwnHeader, setBySdk } from "../options/reserved_headers.js";
import { FieldList } from "../wire/field_list.js";
import type { ClientContext } from "./client_context.js";

const NONE: readonly never[] = [];
const ATTEMPTS_HEADER = "grpc-previous-rpc-attempts";

/** Facts of a call that decide its headers. */
interface HeaderFacts {
  readonly startMs: number;
  readonly observed: PolicyValues | undefined;
  readonly requestId: string;
  readonly sendsRequestId: boolean;
  readonly idempotencyKey: string | undefined;
  readonly tenant: string | undefined;
  readonly credentials: CredentialSource | undefined;
  readonly sinks: readonly CallSink[];
  readonly headerNames: ClientContext["config"]["headerNames"];
}

/** Headers of a call: those that users set, and those that the SDK writes for each attempt. */
export class RequestHeaders {
  // Headers of the client, the call and its spans; the SDK writes its own over them.
  private userHeaders: FieldList | undefined;
  // Headers as the interceptors left them.
  private sentHeader: Headers | undefined;
  private previousAttempts = 0;
  /** Credential of the attempt under way, or of the last one. */
  credential: Credential | undefined;
  private earlier: readonly Credential[] = NONE;

  constructor(
    private readonly client: ClientContext,
    private readonly plan: HeaderFacts,
  ) {}

  /**
   * Takes the headers of the client and the call.
   *
   * @throws AmeideError CONFIG_INVALID naming the header.
   */
  add(
    forMethod: MethodConfig,
    settings: CallSettings | undefined,
    header: ConstructorParameters<typeof Headers>[0],
  ): void {
    for (const [name, value] of forMethod.headers) {
      this.set(name, value);
    }
    if (header !== undefined) {
      const { rules } = this.client.config;
      readCallHeaders(header, rules).forEach((value, name) => this.set(name, value));
    }
    if (settings?.headers !== undefined) {
      for (const [name, value] of Object.entries(settings.headers)) {
        this.set(name.toLowerCase(), value);
      }
    }
    const keyHeader = this.plan.credentials?.header;
    if (keyHeader !== undefined && typeof this.userHeaders?.get(keyHeader) === "string") {
      throw configError(`headers.${keyHeader}`, setBySdk("auth"));
    }
  }

  /** Takes the credential of the next attempt. */
  use(credential: Credential | undefined): void {
    if (this.credential !== undefined && this.credential !== credential) {
      this.earlier = [...this.earlier, this.credential];
    }
    this.credential = credential;
  }

  /** Updates the parts that differ between attempts. */
  prepare(previousAttempts: number, startedMs: number): void {
    this.previousAttempts = previousAttempts;
    for (const sink of this.plan.sinks) {
      const set = (name: string, value: string) => this.traced(name, value);
      tell(() => sink.inject?.(set, startedMs - this.plan.startMs));
    }
  }

  /**
   * Returns the headers for code that sees an attempt before the attempt interceptor; undefined if
   * there is none, as the attempt interceptor then writes them all.
   */
  early(): Headers | undefined {
    const { hasInterceptors, inner } = this.client;
    if (inner.instrumented && !hasInterceptors) {
      return undefined;
    }
    const header = new Headers();
    this.writeAll(header);
    return header;
  }

  /**
   * Writes the headers that only the attempt interceptor may write, and undoes interceptors'
   * changes to the SDK's headers.
   */
  writeLast(header: Headers, timeoutMs: number | undefined): void {
    const { clientHeader, hasInterceptors, inner, protocol, userAgent } = this.client;
    if (hasInterceptors) {
      this.mend(header);
    }
    if (timeoutMs !== undefined) {
      setTimeoutHeader(header, protocol, timeoutMs);
    }
    if (userAgent === undefined) {
      // Connect's own header would cost a browser a preflight (Fetch, CORS-safelisted).
      header.delete("user-agent");
    } else {
      header.set("user-agent", this.plan.observed === undefined ? userAgent : connectAgent);
    }
    if (clientHeader !== undefined && this.plan.observed === undefined) {
      header.set("x-user-agent", clientHeader);
    } else if (protocol === "grpc-web") {
      header.delete("x-user-agent");
    }
    if (!hasInterceptors && inner.instrumented) {
      this.writeAll(header);
    }
  }

  /** True if interceptors set a credential of their own. */
  get hasAuthorization(): boolean {
    return this.sentHeader?.has("authorization") === true;
  }

  /**
   * Lists the values that no text may contain: credentials, the key, and callers' values of headers
   * that are not logged.
   */
  secrets(): readonly string[] {
    const { config, constants } = this.client;
    const values = this.plan.idempotencyKey === undefined ? [] : [this.plan.idempotencyKey];
    (this.sentHeader ?? this.userHeaders)?.forEach((value, name) => {
      const isTheirs = name === "authorization" || !isOwnHeader(name, config.rules);
      if (isTheirs && !isLoggedHeader(name) && values.length < constants.maxEntries) {
        values.push(value);
      }
    });
    return secretsOf(this.credential, this.earlier, values);
  }

  private writeAll(header: Headers): void {
    this.userHeaders?.forEach((value, name) => header.set(name, value));
    this.writeOwn(header);
  }

  private writeOwn(header: Headers): void {
    const { plan, previousAttempts, credential } = this;
    const { headerNames: names } = plan;
    if (plan.sendsRequestId) {
      header.set(names.requestId, plan.requestId);
    }
    if (plan.idempotencyKey !== undefined) {
      header.set(names.idempotencyKey, plan.idempotencyKey);
    }
    if (plan.tenant !== undefined) {
      header.set(names.tenant, plan.tenant);
    }
    if (previousAttempts > 0) {
      header.set(ATTEMPTS_HEADER, String(previousAttempts));
    }
    if (credential !== undefined) {
      header.set(credential.header, credential.value);
    }
  }

  // Restores headers that only the SDK may set, which users' interceptors may have changed.
  private mend(header: Headers): void {
    const refused = connectionHeader(header);
    if (refused !== undefined) {
      throw configError("interceptors", `must not set ${refused}, a header of the connection`);
    }
    // Headers takes control characters, which HTTP/1.1 cannot send and HTTP/2 must not.
    header.forEach((value, name) => {
      if (!isHeaderValue(value)) {
        throw configError("interceptors", `must not set ${name} to a control character`);
      }
    });
    this.sentHeader = header;
    for (const name of [
      ...Object.values(this.plan.headerNames),
      ATTEMPTS_HEADER,
      ...TIMEOUT_HEADERS,
    ]) {
      header.delete(name);
    }
    this.writeOwn(header);
  }

  // The propagator may be foreign code, and tracing must not fail a call.
  private traced(name: string, value: string): void {
    if (isHeaderName(name) && isHeaderValue(value)) {
      this.set(name, value);
    }
  }

  private set(name: string, value: string): void {
    this.userHeaders ??= new FieldList();
    this.userHeaders.set(name, value);
  }
}
