import type { ScriptedThreads } from "./scripted_threads.js";

/** Where the virtual clock starts. */
export const WALL_START = Date.UTC(2026, 0, 1);
/** In milliseconds. */
export const HOUR = 3_600_000;

/** The credentials that were sent. */
export function sent({ http }: Pick<ScriptedThreads, "http">): (string | null)[] {
  return http.requests.map(({ headers }) => headers.get("authorization"));
}
