import type { MethodConfig } from "./config.js";
import type { EffectivePolicy, PolicyValues } from "../policy/policy.js";
import { verdictOf } from "./verdict.js";

/** One value of an effective policy. */
export interface ExplainedValue {
  readonly value: unknown;
  /** Source of the value: `code: client`, `proto: …`, `built-in (behavior 1)`. */
  readonly source: string;
}

/** Setting of the SDK's connections, the same for every method. */
export type ConnectionFact =
  | "connectTimeoutMs"
  | "httpVersion"
  | "keepAlive"
  | "maxConnectionAgeMs"
  | "proxy";

/** Effective policy of a method, each value with its source. */
export interface Explanation {
  /** Full name of the method. */
  readonly method: string;
  readonly values: Readonly<
    Record<keyof PolicyValues | "tenant" | "auth", ExplainedValue> &
      Partial<Record<ConnectionFact, ExplainedValue>>
  >;
  /**
   * SHA-256 of the policy's RFC 8785 JSON, in hex; the same in every SDK. Undefined over `fetch`,
   * where hashing is asynchronous.
   */
  readonly hash: string | undefined;
  /**
   * Problems of the settings for the method and its service: a fact that cannot be carried out
   * (every call is refused), a selector that selects nothing.
   */
  readonly problems: readonly string[];
  /** Failures of the method that are retried, and the facts that allow it, in words. */
  readonly verdict: string;
  /** Prints a line for each value and problem, and the verdict. */
  toString(): string;
}

/** Explains the policy of a method. Credentials are named by kind only. */
export function explainMethod(
  config: MethodConfig,
  {
    observe,
    policyHash,
    connection,
  }: {
    readonly observe: boolean;
    readonly policyHash: ((policy: PolicyValues) => string) | undefined;
    readonly connection: Readonly<Record<ConnectionFact, ExplainedValue>> | undefined;
  },
): Explanation {
  const values = Object.fromEntries(
    Object.entries(config.policy.values).map(([name, value]) => [
      name,
      { value, source: config.policy.sources[name as keyof EffectivePolicy["sources"]] },
    ]),
  ) as Record<keyof PolicyValues | "tenant" | "auth", ExplainedValue>;
  values.tenant = { value: config.tenant, source: config.tenantSource };
  values.auth = { value: config.auth && Object.keys(config.auth)[0], source: config.authSource };
  Object.assign(values, connection);
  const { refusal, misspelt, wireMethod } = config;
  const problems = [
    ...(refusal === undefined ? [] : [`every call is refused: ${refusal.option}: ${refusal.rule}`]),
    ...misspelt,
  ];
  const verdict = verdictOf({
    policy: config.policy,
    kind: wireMethod.methodKind,
    renewsTokens: config.auth !== null && "provider" in config.auth,
    observe,
  });
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  return {
    method: config.name,
    values,
    hash: policyHash?.(config.policy.values),
    problems,
    verdict,
    toString: () =>
      [
        config.name,
        ...Object.entries(values).map(
          ([name, { value, source }]) =>
            `  ${name.padEnd(width)}  ${JSON.stringify(value)}  (${source})`,
        ),
        ...problems.map((problem) => `  problem: ${problem}`),
        `  ${verdict}`,
      ].join("\n"),
  };
}
