import type * as Api from "@opentelemetry/api";

// OpenTelemetry's API keeps registered providers in a place shared by all its copies of major
// version 1, and context keys are global symbols. Reading there finds them from within a bundle
// too, without an import.
const REGISTRY = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");
const BAGGAGE_KEY = Symbol.for("OpenTelemetry Baggage Key");

/** Providers registered with OpenTelemetry's global API. */
export interface Registered {
  readonly trace?: Api.TracerProvider;
  readonly metrics?: Api.MeterProvider;
  readonly context?: Api.ContextManager;
}

const NOTHING: Registered = {};

/** Returns what is registered right now. */
export function registered(): Registered {
  return (globalThis as { [REGISTRY]?: Registered })[REGISTRY] ?? NOTHING;
}

/** Returns the span of the active context. */
export function activeSpan(): Api.Span | undefined {
  return registered().context?.active().getValue(SPAN_KEY) as Api.Span | undefined;
}

/** Returns the baggage of the active context. */
export function activeBaggage(): Api.Baggage | undefined {
  return registered().context?.active().getValue(BAGGAGE_KEY) as Api.Baggage | undefined;
}

/** Returns the active context with another span. */
export function contextWith(span: Api.Span): Api.Context {
  return new Laid(registered().context?.active(), SPAN_KEY, span);
}

// Context with one value laid over another context, if there is one.
class Laid implements Api.Context {
  constructor(
    private readonly below: Api.Context | undefined,
    private readonly key: symbol,
    private readonly value: unknown,
  ) {}

  getValue(key: symbol): unknown {
    return key === this.key ? this.value : this.below?.getValue(key);
  }
  setValue(key: symbol, value: unknown): Api.Context {
    return new Laid(this, key, value);
  }
  deleteValue(key: symbol): Api.Context {
    return new Laid(this, key, undefined);
  }
}
