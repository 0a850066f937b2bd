import type { AmeideOptions } from "@ameideio/ameide-sdk-ts";

/** Environment variables that say where a cluster is, and who calls. */
const CLUSTER_VARIABLES = ["AMEIDE_BASE_URL", "AMEIDE_TENANT", "AMEIDE_TOKEN"] as const;

/**
 * Options for the cluster that an environment names. The SDK reads address, tenant and token from it
 * by itself; nothing else is called in their place.
 *
 * @throws Error naming every variable that is missing, or an address that is a mock's.
 */
export function clusterOptions(env: Readonly<Record<string, string | undefined>>): AmeideOptions {
  const missing = CLUSTER_VARIABLES.filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new Error(`INTEGRATION_MODE=cluster needs ${missing.join(", ")}`);
  }
  const { hostname } = new URL(env["AMEIDE_BASE_URL"] ?? "");
  if (/(?:^|\.)(?:test|example|invalid)$/.test(hostname)) {
    const why = `${hostname} is a name for tests (RFC 6761)`;
    throw new Error(`INTEGRATION_MODE=cluster calls no mock: ${why}`);
  }
  // A port of this machine may be forwarded to the cluster.
  return { allowInsecureLoopback: true };
}
