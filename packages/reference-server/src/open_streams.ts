import type { DescMethod } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Call } from "./call.js";
import { notFound, Problem } from "./errors.js";
import { methodFacts } from "./method_facts.js";

interface OpenStream {
  readonly method: DescMethod;
  readonly tenant: string;
  readonly ending: AbortController;
}

/** Streams that a server is sending. */
export class OpenStreams {
  private readonly open = new Set<OpenStream>();
  private ending = false;

  /**
   * Adds a stream.
   *
   * @param ending - Aborted when the stream has to end though it has more to send.
   * @returns Function to call when the stream has ended.
   */
  add({ method, tenant }: Call, ending: AbortController): () => void {
    const stream = { method, tenant, ending };
    this.open.add(stream);
    if (this.ending) {
      endIfLongLived(stream);
    }
    return () => this.open.delete(stream);
  }

  /** Counts the open streams of each method, by full name. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { method } of this.open) {
      const { name } = methodFacts(method);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  /** Ends the streams of a tenant, which is not there any more. */
  endTenant(tenant: string): void {
    for (const stream of this.open) {
      if (stream.tenant === tenant) {
        stream.ending.abort(notFound("tenant", tenant));
      }
    }
  }

  /** Ends current and future streams that would stay open (`long_lived` in the proto). */
  endLongLived(): void {
    this.ending = true;
    this.open.forEach(endIfLongLived);
  }
}

function endIfLongLived({ method, ending }: OpenStream): void {
  if (!methodFacts(method).longLived) {
    return;
  }
  ending.abort(new Problem(Code.Unavailable, "SHUTTING_DOWN", "the server is shutting down"));
}
