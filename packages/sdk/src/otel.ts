import { createTelemetry, type TelemetryProviders } from "./telemetry/otel_telemetry.js";
import type { Telemetry } from "./telemetry/telemetry.js";

export type { TelemetryProviders } from "./telemetry/otel_telemetry.js";

/**
 * Records spans and metrics through OpenTelemetry; give it to the option `telemetry`.
 *
 * @param providers - Default: those registered with OpenTelemetry's global API.
 */
export function openTelemetry(providers: TelemetryProviders = {}): Telemetry {
  return createTelemetry(providers);
}
