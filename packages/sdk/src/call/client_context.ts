import type { DescMethod } from "@bufbuild/protobuf";
import type { InnerTransport } from "./inner_transport.js";
import type { Auth } from "../auth/auth.js";
import type { Budget } from "../policy/budget.js";
import type { ClientConfig } from "../config/config.js";
import type { CredentialSource } from "../auth/credential_source.js";
import type { AddressLimit } from "../wire/get_request.js";
import type { Lifetime } from "./lifetime.js";
import type { CallInfo, CallSink } from "../telemetry/observer.js";
import type { AmbientDeadline } from "../options/options.js";
import type { PolicyConstants, Protocol } from "../policy/policy.js";
import type { Clock, Randomness } from "../runtime/runtime.js";
import type { WireShape } from "../wire/wire_shape.js";

/** State that all calls of a transport share. */
export interface ClientContext {
  readonly config: ClientConfig;
  readonly constants: PolicyConstants;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly budget: Budget;
  readonly addresses: AddressLimit;
  readonly inner: InnerTransport;
  readonly hasInterceptors: boolean;
  readonly protocol: Protocol;
  readonly shapes: Readonly<Record<DescMethod["methodKind"], WireShape>>;
  /** Value of `user-agent`; undefined where the runtime sets its own. */
  readonly userAgent: string | undefined;
  /** Value of `x-user-agent`, if it is asked for and the runtime controls `user-agent`. */
  readonly clientHeader: string | undefined;
  readonly ambientDeadline: (() => AmbientDeadline | undefined) | undefined;
  readonly lifetime: Lifetime;
  credentials(auth: Auth): CredentialSource;
  sinks(call: CallInfo): readonly CallSink[];
}
