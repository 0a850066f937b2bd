/** Process in simulated time: it yields the time at which it wants to go on, in milliseconds. */
export type Process<T> = Generator<number, T, void>;

/** Process that others may wake. */
export type Waiting = Process<unknown>;

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly process: Process<unknown>;
}

/** Discrete-event time: nothing happens between two events, and the clock jumps to the next. */
export class Simulation {
  private nowMs = 0;
  private order = 0;
  private queue: Entry[] = [];
  private running: Waiting | undefined;
  /** How far the wall clock was set ahead of the elapsed time. */
  wallShift = 0;

  /** Milliseconds since the case began. */
  get now(): number {
    return this.nowMs;
  }

  /** Process that is running. */
  get current(): Waiting {
    if (this.running === undefined) {
      throw new Error("no process is running");
    }
    return this.running;
  }

  /** Lets a process that wanted to wait longer go on now. */
  wake(process: Waiting): void {
    if (!this.queue.some((entry) => entry.process === process)) {
      return;
    }
    this.queue = this.queue.filter((entry) => entry.process !== process);
    this.schedule(this.nowMs, process);
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  /** Runs processes in parallel until the last has ended. */
  run<T>(processes: readonly Process<T>[]): T[] {
    const results = new Map<Process<unknown>, T>();
    for (const process of processes) {
      this.schedule(this.nowMs, process);
    }
    for (;;) {
      const next = this.queue.shift();
      if (next === undefined) {
        break;
      }
      this.nowMs = Math.max(this.nowMs, next.at);
      this.running = next.process;
      const step = next.process.next();
      if (step.done === true) {
        results.set(next.process, step.value as T);
      } else {
        this.schedule(step.value, next.process);
      }
    }
    return processes.map((process) => results.get(process) as T);
  }

  private schedule(at: number, process: Process<unknown>): void {
    this.queue.push({ at, order: this.order++, process });
    this.queue.sort((a, b) => a.at - b.at || a.order - b.order);
  }
}

/** Random numbers in order; the last repeats. */
export class Draws {
  private readonly numbers: readonly number[];
  private next = 0;

  constructor(numbers: readonly number[]) {
    this.numbers = numbers.length === 0 ? [0.5] : numbers;
  }

  take(): number {
    return this.numbers[Math.min(this.next++, this.numbers.length - 1)] as number;
  }
}

/** §3.8: tokens that all calls of a client family to one origin share. */
export class Tokens {
  private remaining: number;

  constructor(readonly capacity: number) {
    this.remaining = capacity;
  }

  get left(): number {
    return this.remaining;
  }

  spend(cost: number): void {
    this.remaining -= cost;
  }

  giveBack(tokens: number): void {
    this.remaining = Math.min(this.capacity, this.remaining + tokens);
  }
}
