import { connect } from "node:net";

/** Leaks that can be planted, to prove that they are found. */
export const PLANTS = ["memory", "listener", "timer", "socket", "rejection"] as const;

/** One of {@link PLANTS}. */
export type Plant = (typeof PLANTS)[number];

const kept: unknown[] = [];

/**
 * Leaks something of a call.
 *
 * @param port - A port with a listener.
 */
export function leak(plant: Plant | undefined, call: { signal: AbortSignal }, port: number): void {
  switch (plant) {
    case "memory":
      kept.push(call.signal);
      break;
    case "listener":
      call.signal.addEventListener("abort", () => kept.length);
      break;
    case "timer":
      setTimeout(() => {}, 3_600_000).unref();
      break;
    case "socket":
      if (kept.length === 0) {
        kept.push(connect({ port, host: "127.0.0.1" }).unref());
      }
      break;
    case "rejection":
      void Promise.reject(new Error("planted"));
      break;
    case undefined:
  }
}
