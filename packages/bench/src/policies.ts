import type { AmeideOptions } from "@ameideio/ameide-sdk-ts";

/**
 * What has every policy of the SDK at work: a token from a provider and a tenant. Ids, an
 * idempotency key, both timeouts, retries, and telemetry over OpenTelemetry's API without any
 * provider registered are on by themselves.
 */
export function allPolicies(): AmeideOptions {
  const expiresAt = Date.now() + 24 * 3_600_000;
  return {
    tenant: "acme",
    auth: { provider: () => ({ token: "token-of-the-bench", expiresAt }) },
  };
}
