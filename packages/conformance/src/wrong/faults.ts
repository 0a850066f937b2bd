import { OUTCOMES } from "./outcomes.js";
import { SENT } from "./sent.js";
import { STREAMS } from "./streams.js";
import { BROKEN, REPORTED } from "./reported.js";
import type { Fault } from "./fault.js";

/** Every fault of the wrong adapter, one at a time. */
export const FAULTS: readonly Fault[] = [...OUTCOMES, ...SENT, ...STREAMS, ...REPORTED, ...BROKEN];
