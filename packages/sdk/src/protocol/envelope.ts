import type { MessageForm } from "./form.js";
import { COMPRESSED, HEAD_BYTES } from "../wire/envelope_flags.js";

/** Returns the envelope of a message, compressed if that is asked for and it is large enough. */
export function envelope(
  bytes: Uint8Array,
  { send, compressFromBytes }: MessageForm,
): Uint8Array | Promise<Uint8Array> {
  return send === undefined || bytes.length < compressFromBytes
    ? sealed(0, bytes)
    : send.compress(bytes).then((compressed) => sealed(COMPRESSED, compressed));
}

function sealed(flags: number, content: Uint8Array): Uint8Array {
  const whole = new Uint8Array(HEAD_BYTES + content.length);
  whole[0] = flags;
  new DataView(whole.buffer).setUint32(1, content.length);
  whole.set(content, HEAD_BYTES);
  return whole;
}
