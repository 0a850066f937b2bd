import { call as callOptions, paginate } from "@ameideio/ameide-sdk-ts";
import {
  type Call,
  type Cancel,
  ConformanceService,
  type Paginate,
} from "@ameideio/conformance-proto";
import type { CaseClient } from "./entries.js";
import { type ProviderContext, settings } from "./options.js";
import { makeCall } from "./one_call.js";
import { type Outcome, outcomeOf } from "./outcome.js";

/** Context of calls. */
export interface CallContext {
  readonly context: ProviderContext;
  /** Signals that callers passed. */
  readonly signals: AbortSignal[];
  /** Functions that cancel the calls that callbacks may cancel. */
  readonly cancelers: (() => void)[];
  /** Items of lists. */
  readonly items: string[];
  /** Streams that were opened and are not read. */
  readonly unread: unknown[];
  /** Called once, when an attempt has failed. */
  onAttemptFailed: (() => void) | undefined;
}

/** Makes a call, or several at once. */
export function makeCalls(call: Call, client: CaseClient, within: CallContext): Promise<Outcome[]> {
  const method = ConformanceService.methods.find(({ name }) => name === call.method);
  if (method === undefined) {
    throw new Error(`there is no method ${call.method}`);
  }
  const common = settings(call.settings, within.context);
  const shared = call.shareCancel ? createCanceler(call.cancel as Cancel, within) : undefined;
  const one = (i: number): Promise<Outcome> => {
    const cancel = call.cancel?.firstOnly && i > 0 ? undefined : call.cancel;
    const canceler = shared ?? (cancel && createCanceler(cancel, within));
    const own = call.tenantEach ? { ...common, tenant: `t${i + 1}` } : common;
    const options = {
      ...(call.numbered && { headers: { "x-call": String(i + 1) } }),
      ...(call.runtimeTimeoutMs !== undefined && { timeoutMs: call.runtimeTimeoutMs }),
      ...(Object.keys(call.runtimeHeaders).length > 0 && { headers: call.runtimeHeaders }),
      ...(canceler && { signal: canceler.signal }),
    };
    const outcome = makeCall(call, method, {
      client,
      options: call.settings || call.tenantEach ? callOptions(own, options) : options,
      clock: within.context.time,
      onAttemptFailed: (react) => (within.onAttemptFailed = react),
      unread: within.unread,
    });
    canceler?.start();
    return outcome.finally(() => canceler !== shared && canceler?.stop());
  };
  const all = Promise.all(Array.from({ length: call.parallel || 1 }, (_, i) => one(i)));
  return all.finally(() => shared?.stop());
}

function createCanceler(given: Cancel, within: CallContext) {
  const { afterMs = 0n, asTimeout, beforeStart, byCallback } = given;
  const { time } = within.context;
  const controller = new AbortController();
  // The reasons of AbortSignal.timeout() and of abort().
  const reason = asTimeout ? new DOMException("the caller's timeout", "TimeoutError") : undefined;
  let timer: unknown;
  if (beforeStart) {
    controller.abort(reason);
  }
  within.signals.push(controller.signal);
  if (byCallback) {
    within.cancelers.push(() => controller.abort(reason));
  }
  return {
    signal: controller.signal,
    start() {
      if (byCallback || timer !== undefined) {
        return;
      }
      timer = time.setTimer(() => controller.abort(reason), Number(afterMs), "deadline");
    },
    stop: () => time.clearTimer(timer),
  };
}

/** Iterates over a list; its outcome is an empty text, its items are kept separately. */
export function goThrough(
  given: Paginate,
  client: CaseClient,
  within: CallContext,
): Promise<Outcome> {
  return outcomeOf(within.context.time, async () => {
    const { breakAfter, maxItems, maxPages } = given;
    const list = paginate(
      client.conformance.listItems,
      {},
      {
        ...(maxItems !== undefined && { maxItems }),
        ...(maxPages !== undefined && { maxPages }),
        ...(given.settings && { call: callOptions(settings(given.settings, within.context)) }),
      },
    );
    let seen = 0;
    for await (const next of given.pages ? list.pages() : list) {
      within.items.push(...(typeof next === "string" ? [next] : next.items));
      if (++seen === breakAfter) {
        break;
      }
    }
    return "";
  });
}
