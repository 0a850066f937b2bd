import type { NetworkError } from "./normalize.js";

const MOST_ERRORS = 20;

/** The errors along a chain of causes. Of several at once (the addresses of a name) each is one. */
export function errorChain(reason: unknown): readonly NetworkError[] {
  const errors: NetworkError[] = [];
  collect(reason, errors);
  return errors;
}

function collect(reason: unknown, into: NetworkError[]): void {
  let error = reason;
  while (error instanceof Error && into.length < MOST_ERRORS) {
    if (error instanceof AggregateError && error.errors.length > 0) {
      error.errors.slice(0, MOST_ERRORS).forEach((each) => collect(each, into));
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
