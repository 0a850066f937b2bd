import { Deed } from "@ameideio/conformance-proto";

/** Actions that a callback of the case may take on the calls under way. */
export interface Reach {
  /** Cancels the calls that callbacks may cancel. */
  cancel(): void;
  /** Closes the client. */
  close(): void;
  /** Drains the client. */
  drain(): void;
  /** Makes a call of the same client, once. */
  callAgain(): void;
}

/** Performs a callback's deed; returns a promise if that takes effect later. */
export function perform(deed: Deed, reach: Reach): Promise<void> | undefined {
  switch (deed) {
    case Deed.UNSPECIFIED:
      return undefined;
    case Deed.THROW:
      throw new Error("the callback throws, as the case says");
    case Deed.REJECT:
      return Promise.reject(new Error("the callback rejects, as the case says"));
    case Deed.CANCEL:
      reach.cancel();
      return undefined;
    case Deed.CLOSE:
      reach.close();
      return undefined;
    case Deed.CALL:
      reach.callAgain();
      return undefined;
    case Deed.DRAIN:
      reach.drain();
      return undefined;
  }
}
