import { leak, PLANTS as LEAKS } from "../leak/plant.js";
import type { Caller, Place } from "./caller.js";
import { BOUNDS } from "./settings.js";

/** Faults that can be planted into the client, to prove that goals can fail. */
export const PLANTS = ["no-retries", "repeats", "late", ...LEAKS] as const;

const REPEAT_MS = 300;

/** One of {@link PLANTS}. */
export type Plant = (typeof PLANTS)[number];

/** A client with a fault. */
export function planted(caller: Caller, plant: Plant | undefined, place: Place): Caller {
  switch (plant) {
    case undefined:
    case "no-retries":
      return caller;
    case "repeats":
      return {
        ...caller,
        call: (kind, text) =>
          caller.call(kind, text).catch(async (reason: unknown) => {
            if (kind !== "unknown") {
              throw reason;
            }
            // After a pause, as a person would, not in the same turn, when the connection is still
            // breaking.
            await new Promise((end) => setTimeout(end, REPEAT_MS));
            return caller.call(kind, text);
          }),
      };
    case "late":
      return {
        ...caller,
        async call(kind, text) {
          await caller.call(kind, text);
          if (kind === "brief") {
            await new Promise((end) => setTimeout(end, BOUNDS.lateMs * 3));
          }
        },
      };
    default:
      return {
        ...caller,
        call(kind, text) {
          const signal = plant === "memory" ? new AbortController().signal : place.signal;
          leak(plant, { signal }, place.port);
          return caller.call(kind, text);
        },
      };
  }
}
