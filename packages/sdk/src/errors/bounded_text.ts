// Characters that move a terminal's cursor, start a new line in a log, or change the writing
// direction.
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** Makes a text safe for logs and terminals: each control character becomes a space. */
export function printable(text: string): string {
  return text.replace(CONTROL, " ");
}

/** Cuts at a code point: a lead surrogate alone would not be valid UTF-8. */
export function truncate(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) {
    return text;
  }
  let bytes = 0;
  let length = 0;
  for (const char of text) {
    const point = char.codePointAt(0) as number;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > maxBytes) {
      return text.slice(0, length);
    }
    length += char.length;
  }
  return text;
}

/** Does both, and marks a cut. */
export function summary(text: string, maxBytes: number): string {
  const kept = truncate(text, maxBytes);
  return printable(kept.length === text.length ? text : `${kept}…`);
}

// A shorter secret may be part of a word.
const MIN_SECRET_LENGTH = 8;

/**
 * Removes the SDK's secrets from a server's text, in upper or lower case. Without a pattern: a secret
 * may have more characters than an engine compiles.
 */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH && secret.length <= text.length)
    .reduce(without, text);
}

function without(text: string, secret: string): string {
  const [within, sought] = [folded(text), folded(secret)];
  let kept = "";
  let from = 0;
  for (;;) {
    const at = within.indexOf(sought, from);
    if (at < 0) {
      return from === 0 ? text : kept + text.slice(from);
    }
    kept += `${text.slice(from, at)}REDACTED`;
    from = at + sought.length;
  }
}

// In lower case, of the same length.
function folded(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length
    ? lower
    : text.replace(/[^]/g, (each) => (each.toLowerCase().length === 1 ? each.toLowerCase() : each));
}
