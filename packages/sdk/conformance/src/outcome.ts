import type { MessageInitShape } from "@bufbuild/protobuf";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { AmeideError } from "@ameideio/ameide-sdk-ts";
import type { Clock } from "@ameideio/ameide-sdk-ts/testing";
import type { SeenErrorSchema, SeenOutcome, SeenOutcomeSchema } from "@ameideio/conformance-proto";

/** End of a call. */
export type Outcome = Exclude<MessageInitShape<typeof SeenOutcomeSchema>, SeenOutcome>;

/** Waits for a call and returns how it ended. */
export async function outcomeOf(clock: Clock, call: () => Promise<string>): Promise<Outcome> {
  const startMs = clock.now();
  try {
    const ok = await call();
    return { ok, durationMs: clock.now() - startMs };
  } catch (reason) {
    return { error: seenError(reason), durationMs: clock.now() - startMs };
  }
}

function seenError(reason: unknown): MessageInitShape<typeof SeenErrorSchema> {
  const error = AmeideError.from(reason);
  return {
    code: codeToString(error.code),
    origin: error.origin,
    stopReason: error.stopReason ?? "",
    reason: error.reason ?? "",
    domain: error.domain ?? "",
    metadata: { ...error.reasonMetadata },
    retryable: error.retryable,
    attempts: error.attempts.map((attempt) => ({ ...attempt })),
    message: error.rawMessage,
    explanation: error.explanation ?? "",
    serverRequestId: error.serverRequestId ?? "",
    fields: error.fieldViolations.map(({ field }) => field),
    detailCount: error.details.length,
    committed: error.committed,
    // The reason of an AbortSignal that was given none.
    nativeCancellation: error.cause instanceof DOMException,
    cause: error.cause instanceof Error ? error.cause.message : "",
    text: `${error}\n${JSON.stringify(error)}`,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
  };
}
