import type { Facts, Method } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { FACT_NAMES, FACT_OPTIONS, type FactName, factsOf, isSame, show } from "./fact_values.js";

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
      const kind = BREAKING[name]?.(was, is) === true ? "breaking" : "changed";
      const message = `${FACT_OPTIONS[name]} changed from ${show(was[name])} to ${show(is[name])}`;
      return isSame(was[name], is[name]) ? [] : [{ kind, message } as const];
    }),
  ];
}

/** Idempotency levels, each promising more than those before it (RFC 9110, section 9.2). */
const LEVELS = ["unknown", "idempotent", "no_side_effects"];

function levelChange(before: string, after: string): FactChange[] {
  if (before === after) {
    return [];
  }
  const [was, is] = [before, after].map((level) => LEVELS.indexOf(level));
  // What is unknown here may promise anything.
  const isKnown = was !== -1 && is !== -1;
  const isLowered = Number(is) < Number(was);
  const how = !isKnown ? "changed" : isLowered ? "was lowered" : "was raised";
  const message = `idempotency_level ${how} from ${before} to ${after}`;
  return [{ kind: isKnown && !isLowered ? "changed" : "breaking", message }];
}

type IsBreaking = (before: Facts, after: Facts) => boolean;

const BREAKING: Readonly<Partial<Record<FactName, IsBreaking>>> = {
  tenant: (_, after) => after.tenant !== "optional",
  auth: (_, after) => after.auth !== "none",
  idempotencyKey: (before) => before.idempotencyKey,
  requestIdField: (before) => before.requestIdField !== "",
  // What is not stated is the default of an SDK, which promises nothing.
  defaultTimeoutMs: ({ defaultTimeoutMs: was }, { defaultTimeoutMs: is }) =>
    was !== undefined && (is === undefined || is < was),
  longLived: (before) => before.longLived,
  waitForReady: (before) => before.waitForReady,
  scopes: (before, after) => after.scopes.some((scope) => !before.scopes.includes(scope)),
};
