/** What can be wrong. */
export const RULES = {
  missing: "What has to exist does not",
  extra: "What exists does not have to",
  "wrong-kind": "A method streams otherwise",
  "wrong-type": "A method takes or returns another message",
  "wrong-message": "A message has other fields, or an enum other values",
  "wrong-policy": "A policy fact, the idempotency level or the deprecation is another one",
  "wrong-name": "A service or method has another name",
  "name-gone": "A public name of the base has disappeared",
  "name-changed": "A public name of the base is another one",
} as const;

/** Id of a rule. */
export type Rule = keyof typeof RULES;

/** One thing that is wrong. */
export interface Problem {
  readonly rule: Rule;
  /** Id of the SDK. Undefined for what concerns the manifest alone. */
  readonly sdk?: string;
  /** Full name of the service, message or enum; a name in the SDK's language if there is no other. */
  readonly service: string;
  /** Name of the method in the proto; a name in the SDK's language if there is no other. */
  readonly method?: string;
  /** Where it was seen: `stubs`, or what makes the client. */
  readonly where: readonly string[];
  /** What it is, in words. */
  readonly message: string;
}

/** Joins problems that differ only in where they were seen. */
export function joined(problems: readonly Problem[]): Problem[] {
  const seen = new Map<string, Problem>();
  for (const { where, ...rest } of problems) {
    const { rule, sdk, service, method, message } = rest;
    const key = JSON.stringify([rule, sdk, service, method, message]);
    seen.set(key, { ...rest, where: [...(seen.get(key)?.where ?? []), ...where] });
  }
  return [...seen.values()];
}
