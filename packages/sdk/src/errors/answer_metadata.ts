/**
 * Headers and trailers of the answer that an error was made of, to be read.
 *
 * An error that leaves a handler is sent on by Connect with all that `forEach`
 * gives. There it gives none of the answer, which was for this process, and where
 * the call was repeated, or might not be, asks that the call above is not
 * (gRPC A6, "Pushback"): three attempts on each of three tiers are 27 requests.
 *
 * No class: Node.js loads all of its fetch where one extends `Headers`, at import.
 *
 * @param final - Whoever called is not to try again.
 */
export function answerMetadata(answer: Headers, final: boolean): Headers {
  const forEach: Headers["forEach"] = (callback, self) => {
    const sentOn = new Headers();
    if (final) {
      sentOn.set("grpc-retry-pushback-ms", "-1");
    }
    sentOn.forEach(callback, self);
  };
  return Object.defineProperty(new Headers(answer), "forEach", { value: forEach });
}
