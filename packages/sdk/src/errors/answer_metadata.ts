/**
 * Returns the headers and trailers of the answer that an error was made of, for reading.
 *
 * Connect sends an error that leaves a handler on with all entries that `forEach` gives. There, it
 * gives none of the answer's, which were for this process. If the call was retried, or must not be,
 * it asks that the caller's call is not retried (gRPC A6, "Pushback"): three attempts on each of
 * three tiers would be 27 requests.
 *
 * It is not a class: Node.js loads all of its fetch at import if one extends `Headers`.
 *
 * @param final - True if the caller must not try again.
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
