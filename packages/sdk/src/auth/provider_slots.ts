import type { PolicyConstants } from "../policy/policy.js";
import type { Clock } from "../runtime/runtime.js";
import type { TokenFlight } from "./token_store.js";

/** Limits how many requests to a provider are under way at once. */
export class ProviderSlots {
  // Ordered by their start, oldest first.
  private readonly taken = new Set<TokenFlight>();
  private readonly queue = new Set<{ wake(): void }>();

  constructor(
    private readonly clock: Clock,
    private readonly constants: PolicyConstants,
  ) {}

  /** Reports whether one more request may begin. An old one is not counted: it may never end. */
  isFree(): boolean {
    const { taken, constants } = this;
    const countedFromMs = this.clock.now() - constants.tokenJoinMs;
    for (const flight of taken) {
      if (flight.startedMs > countedFromMs) {
        break;
      }
      taken.delete(flight);
    }
    return taken.size < constants.maxTokenRequests;
  }

  take(flight: TokenFlight): void {
    this.taken.add(flight);
  }

  /** Frees the slot of a request that has ended, and wakes the next waiter. */
  release(flight: TokenFlight): void {
    this.taken.delete(flight);
    const [next] = this.isFree() ? this.queue : [];
    if (next !== undefined) {
      this.queue.delete(next);
      next.wake();
    }
  }

  /** Queues a waiter for the next free slot. */
  enqueue(wait: { wake(): void }): void {
    this.queue.add(wait);
  }

  leave(wait: { wake(): void }): void {
    this.queue.delete(wait);
  }
}
