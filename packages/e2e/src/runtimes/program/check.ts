import { Code } from "@connectrpc/connect";
import { isAmeideError } from "@ameideio/ameide-sdk-ts";
import type { EntryPoint, Here, Outcome } from "./place.js";

/** One thing that works on a runtime, or does not. */
export interface Check {
  readonly id: string;
  /** Row of the table. */
  readonly title: string;
  /**
   * Through which entry the SDK may refuse it, in its own words. Elsewhere a
   * refusal is a failure like any other.
   */
  readonly refusedBy?: EntryPoint["entry"];
  /** Resolves when it works. */
  run(here: Here): Promise<void>;
}

/** Thrown for a limit of the runtime, seen on the wire; it is not a fault of the SDK. */
export class Limit extends Error {
  override name = "Limit";
}

const LONGEST_MS = 15_000;

/** Runs a check and says what came of it; never throws. */
export async function outcomeOf(check: Check, here: Here): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${LONGEST_MS} ms`)), LONGEST_MS);
  });
  try {
    await Promise.race([check.run(here), late]);
    return { check: check.id, result: "yes" };
  } catch (error) {
    const why = refusal(check, here, error);
    return why === undefined
      ? { check: check.id, result: "broken", why: describe(error) }
      : { check: check.id, result: "no", why };
  } finally {
    clearTimeout(timer);
  }
}

function refusal(check: Check, { entry }: Here, error: unknown): string | undefined {
  if (error instanceof Limit) {
    return error.message;
  }
  if (check.refusedBy !== entry || !isAmeideError(error)) {
    return undefined;
  }
  const refused = error.reason === "CONFIG_INVALID" || error.code === Code.Unimplemented;
  return refused && error.origin === "client" ? error.rawMessage : undefined;
}

/** Describes a failure with its causes. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const cause = error.cause === undefined ? "" : `\n  from ${describe(error.cause)}`;
  const stack = (error.stack ?? error.message).split("\n").slice(0, 6).join("\n");
  return `${stack}${cause}`;
}

/** @throws Error with both values when they differ, compared as JSON. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (seen !== wanted) {
    throw new Error(`${what}: ${seen}, expected ${wanted}`);
  }
}

/** @throws Error if it is false. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) {
    throw new Error(`${what} does not hold`);
  }
}

/** Resolves to the error of a failed call. @throws Error if it did not fail. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const failed = call.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const outcome = await failed;
  if (outcome === undefined) {
    throw new Error("the call did not fail");
  }
  return outcome.error;
}
