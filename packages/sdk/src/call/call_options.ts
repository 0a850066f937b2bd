import type { CallOptions, ContextKey, ContextValues } from "@connectrpc/connect";
import type { CallSettings } from "../options/options.js";
import { type InterceptedCall, callKey } from "./attempt_interceptor.js";

// `Symbol.for` gives these keys to every copy of this package in a process, including the ones for
// `import` and `require`; `createContextKey` would make one for each.

/** Carries the settings of a call through Connect's own call options. */
export const callSettingsKey: ContextKey<CallSettings | undefined> = {
  id: Symbol.for("ameide.sdk.call"),
  defaultValue: undefined,
};

/** Facts an interceptor can read about the attempt it runs for. */
export interface AttemptInfo {
  /** Number of the attempt, counted from 1 as sent. */
  readonly attempt: number;
  /** Milliseconds to the call's deadline; infinite without one. */
  readonly remainingMs: number;
}

/**
 * Gives interceptors the attempt they run for:
 * `request.contextValues.get(attemptInfo)`.
 */
export const attemptInfo: ContextKey<AttemptInfo | undefined> = {
  id: Symbol.for("ameide.sdk.attempt"),
  defaultValue: undefined,
};

/**
 * Settings for one call, as Connect's `CallOptions`:
 *
 * ```ts
 * await threads.createThread(request, call({ tenant: "acme", timeoutMs: 500 }));
 * ```
 *
 * They win over the settings of the client. They are checked when the call is made, before any I/O.
 *
 * @param settings - Settings of the call.
 * @param options - Connect's own call options, kept as they are. Settings that another `call()` put
 *   there apply where these are silent.
 */
export function call(settings: CallSettings, options: CallOptions = {}): CallOptions {
  const inner = options.contextValues?.get(callSettingsKey);
  const all = inner === undefined ? settings : { ...inner, ...settings };
  const contextValues = new CallValues(options.contextValues).setOwn(callSettingsKey, all);
  return { ...options, contextValues };
}

/**
 * Context values of one call: the caller's, and over them those of this call alone. A caller may
 * use the same object for many calls at once.
 */
export class CallValues implements ContextValues {
  // Stored as Connect's own are: as properties under the symbols of their keys.
  [id: symbol]: unknown;

  constructor(
    private readonly outer: ContextValues | undefined,
    private readonly interceptedCall?: InterceptedCall,
  ) {}

  get<T>(key: ContextKey<T>): T {
    if (key.id === callKey.id) {
      return this.interceptedCall as T;
    }
    if (Object.hasOwn(this, key.id)) {
      return this[key.id] as T;
    }
    return this.outer === undefined ? key.defaultValue : this.outer.get(key);
  }

  /** Sets a value for this call only. */
  setOwn<T>(key: ContextKey<T>, value: T): this {
    this[key.id] = value;
    return this;
  }

  set<T>(key: ContextKey<T>, value: T): this {
    if (this.outer === undefined) {
      return this.setOwn(key, value);
    }
    this.outer.set(key, value);
    return this;
  }

  delete(key: ContextKey<unknown>): this {
    delete this[key.id];
    this.outer?.delete(key);
    return this;
  }
}
