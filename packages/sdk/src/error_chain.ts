import type { NetworkError } from "./normalize.js";

const MOST_ERRORS = 20;

/** The errors along a chain of causes. Of several at once (the addresses of a name) each is one. */
export function errorChain(reason: unknown): readonly NetworkError[] {
  const errors: NetworkError[] = [];
  collect(reason, { into: errors, seen: new Set() });
  return errors;
}

interface Collected {
  readonly into: NetworkError[];
  /** Chains may lead back, and bounds end those that never do. */
  readonly seen: Set<unknown>;
}

function collect(reason: unknown, collected: Collected): void {
  const { into, seen } = collected;
  let error = reason;
  while (error instanceof Error && !seen.has(error) && seen.size < MOST_ERRORS) {
    seen.add(error);
    if (error instanceof AggregateError && error.errors.length > 0) {
      error.errors.slice(0, MOST_ERRORS).forEach((each) => collect(each, collected));
    } else {
      const { code, syscall } = error as { code?: unknown; syscall?: unknown };
      into.push({ code: textOf(code), syscall: textOf(syscall), text: error.message });
    }
    error = error.cause;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
