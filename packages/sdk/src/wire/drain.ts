import type { Recording } from "./recorder.js";

/**
 * Reads a body that says nothing, to learn whether it comes whole. A longer one is left.
 *
 * @param record - Told if it breaks off.
 */
export async function drain(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  record: Pick<Recording, "brokeOff"> | undefined,
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
    record?.brokeOff(reason);
    throw reason;
  }
}
