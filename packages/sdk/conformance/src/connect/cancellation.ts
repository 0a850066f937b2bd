import type { ClientCompatRequest } from "@ameideio/conformance-proto/connectrpc/conformance/v1";

/** Cancels a call when a case says so. */
export interface Cancellation {
  readonly signal: AbortSignal;
  /** All messages were handed over, and the request is still open. */
  beforeClose(): void;
  /** The request is closed. */
  requestClosed(): void;
  /** So many responses were read. */
  responded(count: number): void;
}

/** Reads when a case cancels its call; never, if it says nothing of it. */
export function cancellation(cancel: ClientCompatRequest["cancel"]): Cancellation {
  const controller = new AbortController();
  const timing = cancel?.cancelTiming;
  // A cancel without a time is one right after the request.
  const closedMs =
    timing?.case === "afterCloseSendMs"
      ? timing.value
      : cancel !== undefined && timing?.case === undefined
        ? 0
        : undefined;
  return {
    signal: controller.signal,
    beforeClose() {
      if (timing?.case === "beforeCloseSend") {
        controller.abort();
      }
    },
    requestClosed() {
      if (closedMs !== undefined) {
        setTimeout(() => controller.abort(), closedMs);
      }
    },
    responded(count) {
      if (timing?.case === "afterNumResponses" && timing.value === count) {
        controller.abort();
      }
    },
  };
}
