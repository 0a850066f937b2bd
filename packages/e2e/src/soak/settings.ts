/** Times of all clients: a fifth of the SDK's defaults, so that a dead connection costs 6 s, not 30. */
export const TIMES = {
  /** Deadline of every call, streams included. */
  deadlineMs: 6_000,
  attemptMs: 2_000,
  connectMs: 2_000,
  firstMessageMs: 6_000,
  idleMs: 12_000,
  keepAlive: { intervalMs: 4_000, timeoutMs: 2_000 },
} as const;

/** Load of each client, all the time. */
export const LOAD = {
  /** Workers of a client: each makes one call after another. */
  workers: 64,
  /** Longest pause of a worker between two calls; half of it on average. */
  thinkMs: 100,
  /** A server answers after 800 to 1400 ms: that is what keeps calls in flight, not the CPU. */
  leastMs: 800,
  mostMs: 1_400,
  /** Messages of a stream, and the pause before each. */
  messages: 5,
  messageMs: 200,
  /** Beside the workers one call each begins, whatever became of those before: it sees recovery. */
  probeMs: 100,
  /** Deadline of brief calls: shorter than any answer. */
  briefMs: 100,
} as const;

/** Workers begin one by one for so long: cold processes take all calls at once for longer than any limit. */
export const RAMP_MS = 2_000;

/** Time before which calls do not count. */
export const WARM_UP_MS = RAMP_MS + 3_000;

/** Longest time a server may drain: any call has ended by then. */
export const DRAIN_MS = TIMES.deadlineMs + 4_000;

/** Bounds that a column must keep. */
export const BOUNDS = {
  /** Recovery from a black hole, in attempt timeouts. */
  recovery: 1.5,
  /** How long a call may outlive its deadline. */
  lateMs: 50,
  /** Share of the time that a process may not be running: above it, times prove nothing. */
  missing: 0.2,
  /** A call that takes longer than this, though the server was well, was held up. */
  heldUpMs: LOAD.mostMs + 300,
} as const;
