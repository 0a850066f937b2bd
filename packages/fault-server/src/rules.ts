/**
 * Checks one value; throws ScriptError if it breaks the rule. `path` is the place of the value, for
 * example `script.attempts[2].respond.status`.
 */
export type Rule = (value: unknown, path: string) => void;

/** Thrown for a script that breaks a rule. The message names the place, the rule and the value. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";

  /** Place in the script, for example `script.attempts[2].respond.status`. */
  readonly path: string;

  constructor(path: string, rule: string) {
    super(`${path}: ${rule}`);
    this.path = path;
  }
}

/** An object with these keys and no other. Keys that end in `?` may be absent. */
export function object(fields: Readonly<Record<string, Rule>>): Rule {
  const rules = new Map<string, { rule: Rule; optional: boolean }>();
  for (const [key, rule] of Object.entries(fields)) {
    const optional = key.endsWith("?");
    rules.set(optional ? key.slice(0, -1) : key, { rule, optional });
  }
  return (value, path) => {
    const record = asObject(value, path);
    for (const key of Object.keys(record)) {
      if (!rules.has(key)) {
        throw new ScriptError(`${path}.${key}`, `unknown key, known are ${list(rules.keys())}`);
      }
    }
    for (const [key, { rule, optional }] of rules) {
      if (record[key] !== undefined) {
        rule(record[key], `${path}.${key}`);
      } else if (!optional) {
        throw new ScriptError(`${path}.${key}`, "is missing");
      }
    }
  };
}

/** An object with exactly one of these keys. */
export function oneKey(fields: Readonly<Record<string, Rule>>): Rule {
  return (value, path) => {
    const keys = Object.keys(asObject(value, path));
    if (keys.length !== 1) {
      throw new ScriptError(path, `must have exactly one key of ${list(Object.keys(fields))}`);
    }
    object(Object.fromEntries(Object.entries(fields).map(([k, r]) => [`${k}?`, r])))(value, path);
  };
}

/** An object with any keys, each value under the same rule. */
export function mapOf(key: Rule, rule: Rule): Rule {
  return (value, path) => {
    for (const [name, entry] of Object.entries(asObject(value, path))) {
      key(name, `${path}[${JSON.stringify(name)}]`);
      rule(entry, `${path}[${JSON.stringify(name)}]`);
    }
  };
}

export function listOf(rule: Rule): Rule {
  return (value, path) => {
    if (!Array.isArray(value)) {
      throw new ScriptError(path, `must be a list, is ${show(value)}`);
    }
    value.forEach((entry, i) => rule(entry, `${path}[${i}]`));
  };
}

export function integer(min: number, max: number): Rule {
  return (value, path) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      throw new ScriptError(path, `must be an integer ${min}..${max}, is ${show(value)}`);
    }
  };
}

export function text(pattern?: RegExp, meaning = "a string"): Rule {
  return (value, path) => {
    if (typeof value !== "string" || (pattern && !pattern.test(value))) {
      throw new ScriptError(path, `must be ${meaning}, is ${show(value)}`);
    }
  };
}

export function word(...words: readonly string[]): Rule {
  return (value, path) => {
    if (!words.includes(value as string)) {
      throw new ScriptError(path, `must be one of ${list(words)}, is ${show(value)}`);
    }
  };
}

export const flag: Rule = (value, path) => {
  if (typeof value !== "boolean") {
    throw new ScriptError(path, `must be a boolean, is ${show(value)}`);
  }
};

/** Any JSON value. */
export const json: Rule = (value, path) => {
  if (value === undefined || JSON.stringify(value) === undefined) {
    throw new ScriptError(path, "must be JSON");
  }
};

export function show(value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ScriptError(path, `must be an object, is ${show(value)}`);
  }
  return value as Record<string, unknown>;
}

function list(words: Iterable<string>): string {
  return [...words].join(", ");
}
