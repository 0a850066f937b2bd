import { OUTCOMES } from "./outcomes.js";
import { SENT } from "./sent.js";
import { STREAMS } from "./streams.js";
import { BROKEN, TOLD } from "./told.js";
import type { Way } from "./way.js";

/** Every way in which the wrong adapter can be wrong, one at a time. */
export const WAYS: readonly Way[] = [...OUTCOMES, ...SENT, ...STREAMS, ...TOLD, ...BROKEN];
