import { isToken, TOKEN_RULE } from "../auth/credential.js";
import {
  configError,
  configErrors,
  durationFault,
  namingConfigError,
  namingConfigFault,
} from "../errors/errors.js";
import type { PolicyLayer } from "../policy/policy.js";
import { boundsOf, ROWS, VARIABLES } from "../policy/policy_table.js";
import { isTenant, TENANT_RULE } from "./tenant.js";

/** Settings from the environment. */
export interface Environment {
  readonly baseUrl?: string | undefined;
  readonly tenant?: string | undefined;
  readonly token?: string | undefined;
  /** Policy settings for every method, a layer for each variable. */
  readonly layers: readonly PolicyLayer[];
  /** Operator's kill switch: nothing is retried, whatever code says. */
  readonly retriesOff: boolean;
}

/**
 * Reads the variables that the SDK knows. An empty variable counts as unset.
 *
 * @throws AmeideError CONFIG_INVALID naming the variable.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  maxMaxAttempts: number,
): Environment {
  const tenant = env["AMEIDE_TENANT"] || undefined;
  const token = env["AMEIDE_TOKEN"] || undefined;
  const retries = env["AMEIDE_SDK_RETRIES"] || "on";
  if (tenant !== undefined && !isTenant(tenant)) {
    throw configError("AMEIDE_TENANT", TENANT_RULE, tenant);
  }
  if (token !== undefined && !isToken(token)) {
    throw configError("AMEIDE_TOKEN", TOKEN_RULE, token);
  }
  if (retries !== "on" && retries !== "off") {
    throw namingConfigError("AMEIDE_SDK_RETRIES", "must be off or on", retries, ["off", "on"]);
  }
  return {
    baseUrl: env["AMEIDE_BASE_URL"] || undefined,
    tenant,
    token,
    layers: ROWS.flatMap(([name, row]) => {
      const variable = row.is === "flag" ? undefined : VARIABLES[name];
      const { min, max } = boundsOf(row, maxMaxAttempts);
      const value = variable === undefined ? undefined : integer(variable, env, min, max);
      return value === undefined
        ? []
        : [{ source: `environment: ${variable}`, values: { [name]: value } }];
    }),
    retriesOff: retries === "off",
  };
}

function integer(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  min: number,
  max: number,
): number | undefined {
  const text = env[name] || undefined;
  if (text === undefined) {
    return undefined;
  }
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < min || value > max) {
    const got = /^[0-9]{1,15}$/.test(text) ? value : text;
    const rule = `must be an integer from ${min} to ${max}`;
    const fault = name.endsWith("_MS") ? durationFault : namingConfigFault;
    throw configErrors([fault(name, rule, got)]);
  }
  return value;
}
