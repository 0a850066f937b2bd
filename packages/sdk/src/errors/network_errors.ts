import { causesOf, severalIn } from "./causes.js";
import type { NetworkError } from "../policy/failure.js";

/** Lists the errors along the chain of causes. An AggregateError itself is not listed. */
export function networkErrors(reason: unknown): readonly NetworkError[] {
  return causesOf(reason).flatMap((error) => {
    if (!(error instanceof Error) || severalIn(error).length > 0) {
      return [];
    }
    const { code, syscall } = error as { code?: unknown; syscall?: unknown };
    return [{ code: textOf(code), syscall: textOf(syscall), text: error.message }];
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
