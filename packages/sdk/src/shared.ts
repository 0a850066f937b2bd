import type { ContextValues, Transport, UnaryResponse } from "@connectrpc/connect";
import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import type { Attempt } from "./attempt.js";
import type { Auth, CredentialSource } from "./auth.js";
import type { Budget } from "./budget.js";
import type { ClientConfig } from "./config.js";
import type { CallInfo, CallSink } from "./observer.js";
import type { AmbientDeadline } from "./options.js";
import type { PolicyConstants } from "./policy.js";
import type { Recording } from "./recorder.js";
import type { Clock, Randomness } from "./runtime.js";

/** What a call does itself where the tail cannot. */
export interface ForeignCall {
  sendForeign(attempt: Attempt, headers: Headers): { signal: AbortSignal; timeoutMs?: number };
}

/** The Connect transport below the policy. */
export interface InnerTransport {
  /** It is ours: the tail runs, and a recorder watches. */
  readonly ours: boolean;
  unary<I extends DescMessage, O extends DescMessage>(
    attempt: Attempt,
    call: ForeignCall,
    method: DescMethodUnary<I, O>,
    headers: Headers,
    input: MessageInitShape<I>,
    values: ContextValues,
  ): Promise<UnaryResponse<I, O>>;
}

/** What all calls of a transport share. */
export interface Shared {
  readonly config: ClientConfig;
  readonly constants: PolicyConstants;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly budget: Budget;
  readonly inner: InnerTransport;
  readonly recordings: WeakMap<AbortSignal, Recording>;
  readonly hasInterceptors: boolean;
  readonly userAgent: string;
  readonly ambientDeadline: (() => AmbientDeadline | undefined) | undefined;
  credentials(auth: Auth): CredentialSource;
  sinks(call: CallInfo): readonly CallSink[];
}

/** An inner transport made by us, with the tail as its innermost interceptor. */
export function ourTransport(transport: Transport): InnerTransport {
  return {
    ours: true,
    unary: (_attempt, _call, method, headers, input, values) =>
      transport.unary(method, undefined, undefined, headers, input, values),
  };
}

/** A transport the user supplies. */
export function foreignTransport(transport: Transport): InnerTransport {
  return {
    ours: false,
    unary: (attempt, call, method, headers, input, values) => {
      const { signal, timeoutMs } = call.sendForeign(attempt, headers);
      return transport.unary(method, signal, timeoutMs, headers, input, values);
    },
  };
}
