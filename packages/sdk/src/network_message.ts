const MAX_DEPTH = 8;
const MAX_TEXTS = 8;
const MAX_ERRORS = 32;
const MAX_TEXT_LENGTH = 300;

// All that browsers say of a request that failed, whatever the reason.
const UNTOLD = /^(Failed to fetch|Load failed|NetworkError when attempting to fetch resource\.?)$/;
const NOT_TOLD =
  "the browser does not say why: the server may be out of reach, its certificate refused, or the page not allowed to call it (CORS)";

/**
 * What happened to a connection, and where: the texts along the chain of causes
 * and of errors that stand for several (both addresses of a name), each once;
 * codes that no text names; the address. No query, user or password of an
 * address stands in it, and no control character.
 *
 * @param where - Host and port the request was for.
 */
export function networkMessage(reason: unknown, where: string): string {
  const texts: string[] = [];
  const codes: string[] = [];
  collect(reason, { texts, codes, errors: 0 }, 0);
  let told = texts.join(": ");
  for (const code of codes) {
    if (!told.includes(code)) {
      told += told === "" ? code : ` (${code})`;
    }
  }
  if (UNTOLD.test(told)) {
    told = `${told}: ${NOT_TOLD}`;
  }
  if (told === "") {
    told = "the connection failed";
  }
  return told.includes(where) ? told : `${told} (at ${where})`;
}

interface Told {
  readonly texts: string[];
  readonly codes: string[];
  /** How many were looked at. */
  errors: number;
}

function collect(reason: unknown, told: Told, depth: number): void {
  const { texts, codes } = told;
  if (depth === MAX_DEPTH || texts.length >= MAX_TEXTS || ++told.errors > MAX_ERRORS) {
    return;
  }
  if (typeof reason === "string") {
    add(texts, reason);
    return;
  }
  if (!(reason instanceof Error)) {
    return;
  }
  // Connect puts the code before the message of its own.
  const { message, rawMessage, code, cause, errors } = reason as Error & {
    readonly rawMessage?: unknown;
    readonly code?: unknown;
    readonly errors?: unknown;
  };
  add(texts, typeof rawMessage === "string" ? rawMessage : message);
  if (typeof code === "string" && !codes.includes(code)) {
    codes.push(clean(code));
  }
  if (Array.isArray(errors)) {
    for (const each of errors.slice(0, MAX_TEXTS)) {
      collect(each, told, depth + 1);
    }
  }
  collect(cause, told, depth + 1);
}

function add(texts: string[], text: string): void {
  const cleaned = clean(text);
  if (cleaned !== "" && !texts.some((known) => known.includes(cleaned))) {
    texts.push(cleaned);
  }
}

function clean(text: string): string {
  return text
    .slice(0, MAX_TEXT_LENGTH)
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>()]+/gi, withoutSecrets)
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
}

function withoutSecrets(address: string): string {
  try {
    const { protocol, host, pathname } = new URL(address);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "an address";
  }
}
