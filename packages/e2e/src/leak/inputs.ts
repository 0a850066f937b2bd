import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConformanceRequestSchema } from "@ameideio/conformance-proto/ameide/conformance/v1";
import { wait } from "./watch.js";

type Message = MessageInitShape<typeof ConformanceRequestSchema>;

/** Ways in which a caller's stream goes on. */
export const INPUTS = ["ends", "slow", "hangs", "throws"] as const;

/** Counts callers' streams, and those of them that were never told that nothing more is read. */
export class Inputs {
  opened = 0;
  closed = 0;

  /** Creates a caller's stream. It counts as open from its first read to its end or `return()`. */
  make(kind: (typeof INPUTS)[number]): AsyncIterable<Message> {
    return { [Symbol.asyncIterator]: () => this.iterator(kind) };
  }

  private iterator(kind: (typeof INPUTS)[number]): AsyncIterator<Message> {
    let [sent, open] = [0, true];
    this.opened += 1;
    const close = () => {
      if (open) {
        this.closed += 1;
      }
      open = false;
    };
    const done = { done: true, value: undefined } as const;
    return {
      next: async () => {
        if (kind === "slow") {
          await wait(2);
        }
        if (sent < 2) {
          sent += 1;
          return { done: false, value: { text: `message ${sent}` } };
        }
        if (kind === "hangs") {
          return new Promise(() => {});
        }
        close();
        if (kind === "throws") {
          throw new Error("the caller's own");
        }
        return done;
      },
      return: async () => {
        close();
        return done;
      },
    };
  }
}
