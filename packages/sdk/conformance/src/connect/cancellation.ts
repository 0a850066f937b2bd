import type { ClientCompatRequest } from "@ameideio/conformance-proto/connectrpc/conformance/v1";

/** Cancels a call when its case says so. */
export interface Cancellation {
  readonly signal: AbortSignal;
  /** Called when all messages were sent, and the request is still open. */
  beforeClose(): void;
  /** Called when the request is closed. */
  requestClosed(): void;
  /** Called when so many responses were read. */
  responded(count: number): void;
}

/** Reads the time at which a case cancels its call; never, if none is stated. */
export function cancellation(cancel: ClientCompatRequest["cancel"]): Cancellation {
  const controller = new AbortController();
  const timing = cancel?.cancelTiming;
  // A cancel without a time comes right after the request.
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
