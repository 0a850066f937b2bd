import type { MethodConfig } from "./config.js";
import type { EffectivePolicy, PolicyValues } from "../policy/policy.js";
import { verdictOf } from "./verdict.js";

/** One value of an effective policy. */
export interface ExplainedValue {
  readonly value: unknown;
  /** Where it comes from: `code: client`, `proto: …`, `built-in (behavior 1)`. */
  readonly source: string;
}

/** What holds for connections of ours, whatever the method. */
export type ConnectionFact =
  | "connectTimeoutMs"
  | "httpVersion"
  | "keepAlive"
  | "maxConnectionAgeMs"
  | "proxy";

/** The effective policy of a method, each value with its source. */
export interface Explanation {
  /** Full name of the method. */
  readonly method: string;
  readonly values: Readonly<
    Record<keyof PolicyValues | "tenant" | "auth", ExplainedValue> &
      Partial<Record<ConnectionFact, ExplainedValue>>
  >;
  /**
   * SHA-256 of the policy's RFC 8785 JSON, in hex; the same in every SDK.
   * Undefined over `fetch`, where hashing has to be waited for.
   */
  readonly hash: string | undefined;
  /**
   * What is wrong with what is stated for the method, and for its service: a fact
   * that cannot be carried out (every call is refused), a selector that selects
   * nothing.
   */
  readonly problems: readonly string[];
  /** Which failures of the method are repeated, and by what fact. */
  readonly verdict: string;
  /** The same as text: a line for each value and problem, and the verdict. */
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
