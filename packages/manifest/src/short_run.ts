/**
 * Flag of V8 for a program of a second or two: it ends before optimized code pays, and V8 makes that on
 * the cores of the programs beside it.
 */
export const FOR_A_SHORT_RUN = "--interrupt-budget=1000000";
