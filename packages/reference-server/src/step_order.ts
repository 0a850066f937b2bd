import type { Step } from "@ameideio/core-proto/ameide/workflows/v1";

/** What is wrong with steps that cannot be ordered. */
export interface OrderFault {
  reason: string;
  description: string;
}

/** Finds what keeps steps from being done one after another. */
export function circleIn(steps: readonly Step[]): OrderFault | undefined {
  const ids = new Set(steps.map(({ id }) => id));
  if (ids.size < steps.length) {
    return { reason: "STEP_NOT_UNIQUE", description: "two steps have the same id" };
  }
  const unknown = steps.flatMap(({ dependsOn }) => dependsOn).find((id) => !ids.has(id));
  if (unknown !== undefined) {
    return { reason: "STEP_UNKNOWN", description: `there is no step ${unknown} to depend on` };
  }
  const done = new Set<string>();
  let rest = [...steps];
  while (rest.length > 0) {
    const ready = rest.filter(({ dependsOn }) => dependsOn.every((id) => done.has(id)));
    if (ready.length === 0) {
      const description = `steps wait for each other: ${rest.map(({ id }) => id).join(" ")}`;
      return { reason: "STEPS_IN_CIRCLE", description };
    }
    ready.forEach(({ id }) => done.add(id));
    rest = rest.filter(({ id }) => !done.has(id));
  }
  return undefined;
}
