import type { Outcome, Place } from "./place.js";
import { runChecks } from "./run.js";
import { web } from "./web_entry.js";

// Called by the browser's driver.
Object.assign(globalThis, {
  runChecks: (place: Place): Promise<Outcome[]> => runChecks(web, place),
});
