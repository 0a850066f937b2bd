/**
 * Reads a body that says nothing, to learn whether it comes whole. A longer one is left.
 *
 * @param broke - Called if it breaks off, with the reason that it rejects with.
 */
export async function drain(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  broke: (reason: unknown) => void,
): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        return;
      }
    }
  } catch (reason) {
    broke(reason);
    throw reason;
  }
}
