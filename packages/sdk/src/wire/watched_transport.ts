import type { Transport } from "@connectrpc/connect";
import type { UniversalClientRequest } from "@connectrpc/connect/protocol";
import type { WireOptions } from "../options/options.js";
import { AnswerWatch } from "./answer_watch.js";
import { refuseOtherOrigin } from "./origin_guard.js";
import type { Recording, Send } from "./recorder.js";

/**
 * Makes Connect's own transports tell of their answers, as the SDK's do: requests that have a recording
 * are recorded, and their answers watched; others pass through.
 */
export function watched(
  create: (options: WireOptions) => Transport,
): (options: WireOptions) => Transport {
  return (options) => {
    const recordings = new Recordings();
    const refuse = refuseOtherOrigin(options.baseUrl);
    const expect =
      (next: Send): Send =>
      (request, recording) =>
        recording === undefined ? next(request) : recordings.expect(recording, next, request);
    return create({
      ...options,
      interceptors: [...(options.interceptors ?? []), expect],
      httpClient: (request) => {
        const recording = recordings.take(request);
        const refused = refuse(request.url);
        if (refused !== undefined) {
          return Promise.reject(refused);
        }
        return recording === undefined
          ? options.httpClient(request)
          : recording.run(options.httpClient, request, new AnswerWatch(recording));
      },
    });
  };
}

/**
 * Finds the recording of a request. An HTTP client is mostly called before the attempt
 * interceptor's `next` returns, so the next request is meant; if it takes a while (for
 * compression), the request's signal tells.
 */
class Recordings {
  private next: Recording | undefined;
  private readonly bySignal = new WeakMap<AbortSignal, Recording>();

  /** Passes on a request that is to be recorded. */
  expect<R extends { readonly signal: AbortSignal }, T>(
    recording: Recording,
    next: (request: R) => T,
    request: R,
  ): T {
    this.next = recording;
    try {
      return next(request);
    } finally {
      if (this.next === recording) {
        this.bySignal.set(request.signal, recording);
      }
      this.next = undefined;
    }
  }

  /** Returns the recording of a request, if any. */
  take(request: UniversalClientRequest): Recording | undefined {
    const { next } = this;
    this.next = undefined;
    return next ?? (request.signal && this.bySignal.get(request.signal));
  }
}
