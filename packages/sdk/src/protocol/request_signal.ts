import { Code, ConnectError } from "@connectrpc/connect";
import { connectErrorOf } from "../errors/thrown.js";
import type { AbortListener, Ending } from "../runtime/signals.js";

/**
 * What ends one request. Its signal is made when somebody asks for it: most requests end without, and
 * a signal costs more than the rest of a request's bookkeeping. The SDK's own HTTP clients need none.
 */
export class RequestSignal implements Ending {
  private controller: AbortController | undefined;
  private ended: { readonly reason: unknown } | undefined;
  private listeners: Set<AbortListener> | undefined;

  /**
   * @param parent - Signal that ends the request, too.
   * @param tellsSuccess - True to fire the signal after success, if somebody has it, as Connect does
   *   for interceptors. An HTTP client has ended by itself, and to fire costs more than the rest of its
   *   bookkeeping.
   */
  constructor(
    private readonly parent: AbortSignal | undefined,
    private readonly tellsSuccess: boolean,
  ) {
    if (parent?.aborted === true) {
      this.ended = { reason: parent.reason };
    } else {
      parent?.addEventListener("abort", this);
    }
  }

  /** Called when the parent fires. */
  handleEvent(): void {
    this.abort(this.parent?.reason);
  }

  get aborted(): boolean {
    return this.ended !== undefined;
  }

  get reason(): unknown {
    return this.ended?.reason;
  }

  addEventListener(_type: "abort", listener: AbortListener): void {
    (this.listeners ??= new Set()).add(listener);
  }

  removeEventListener(_type: "abort", listener: AbortListener): void {
    this.listeners?.delete(listener);
  }

  /** Signal for an HTTP client, or for interceptors. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.ended !== undefined) {
        this.controller.abort(this.ended.reason);
      }
    }
    return this.controller.signal;
  }

  /** Ends the request, once. */
  abort(reason: unknown): void {
    if (this.ended === undefined) {
      this.ended = { reason };
      this.parent?.removeEventListener("abort", this);
      this.controller?.abort(reason);
      for (const listener of this.listeners ?? []) {
        listener.handleEvent();
      }
    }
  }

  /** Ends a request that went well. */
  finish(): void {
    this.parent?.removeEventListener("abort", this);
    if (this.tellsSuccess && this.controller !== undefined) {
      this.abort(new ConnectError("the request has ended", Code.Canceled));
    }
  }

  /** Ends the request, and returns the error to report: what ended it first, or else this. */
  fail(reason: unknown): ConnectError {
    const error =
      this.ended === undefined
        ? connectErrorOf(reason)
        : connectErrorOf(this.ended.reason, Code.Canceled);
    this.abort(error);
    return error;
  }
}
