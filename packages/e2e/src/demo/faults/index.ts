import type { Fault } from "../fault.js";
import { deadline } from "./deadline.js";
import { redirect } from "./redirect.js";
import { reset } from "./reset.js";
import { stall } from "./stall.js";
import { token } from "./token.js";
import { unavailable } from "./unavailable.js";

/** The rows of the demo, in order. */
export const FAULTS: readonly Fault[] = [reset, unavailable, deadline, token, redirect, stall];
