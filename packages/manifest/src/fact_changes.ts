import type { Facts, Method } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { FACT_NAMES, FACT_OPTIONS, type FactName, factsOf, show } from "./fact_values.js";

/** A changed fact of a method. */
export interface FactChange {
  readonly kind: "breaking" | "changed";
  readonly message: string;
}

/**
 * Lists how idempotency level and policy facts changed. Breaking is what takes a promise back, or asks
 * callers for more: they have relied on the one, and do not know of the other.
 */
export function factChanges(before: Method, after: Method): FactChange[] {
  const [was, is] = [factsOf(before), factsOf(after)];
  return [
    ...levelChange(before.idempotency, after.idempotency),
    ...FACT_NAMES.flatMap((name) => {
      const [from, to] = [show(was[name]), show(is[name])];
      const kind = BREAKING[name]?.(was, is) === true ? "breaking" : "changed";
      const message = `${FACT_OPTIONS[name]} changed from ${from} to ${to}`;
      return from === to ? [] : [{ kind, message } as const];
    }),
  ];
}

/** Idempotency levels, each promising more than those before it (RFC 9110, section 9.2). */
const LEVELS = ["unknown", "idempotent", "no_side_effects"];

function levelChange(before: string, after: string): FactChange[] {
  if (before === after) {
    return [];
  }
  const lowered = LEVELS.indexOf(after) < LEVELS.indexOf(before);
  const message = `idempotency_level was ${lowered ? "lowered" : "raised"} from ${before} to ${after}`;
  return [{ kind: lowered ? "breaking" : "changed", message }];
}

type IsBreaking = (before: Facts, after: Facts) => boolean;

const BREAKING: Readonly<Partial<Record<FactName, IsBreaking>>> = {
  tenant: (_, after) => after.tenant !== "optional",
  auth: (_, after) => after.auth === "bearer",
  idempotencyKey: (before) => before.idempotencyKey,
  requestIdField: (before) => before.requestIdField !== "",
  scopes: (before, after) => after.scopes.some((scope) => !before.scopes.includes(scope)),
};
