import type { PolicyConstants } from "../policy/policy.js";
import type { Clock } from "../runtime/runtime.js";
import type { TokenFlight } from "./token_store.js";

/** Limits how many requests to a provider are under way at once. */
export class ProviderSlots {
  // Those that began first come first.
  private readonly taken = new Set<TokenFlight>();
  private readonly queue = new Set<{ wake(): void }>();

  constructor(
    private readonly clock: Clock,
    private readonly constants: PolicyConstants,
  ) {}

  /** Whether there may be one more. One that is old is not counted: it may never end. */
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

  /** A request has ended: the next is woken. */
  release(flight: TokenFlight): void {
    this.taken.delete(flight);
    const [next] = this.isFree() ? this.queue : [];
    if (next !== undefined) {
      this.queue.delete(next);
      next.wake();
    }
  }

  /** Somebody waits for a free one. */
  enqueue(wait: { wake(): void }): void {
    this.queue.add(wait);
  }

  leave(wait: { wake(): void }): void {
    this.queue.delete(wait);
  }
}
