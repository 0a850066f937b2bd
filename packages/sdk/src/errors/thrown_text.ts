import { causesOf } from "./causes.js";
import { BOUNDS } from "../policy/policy_table.js";

/**
 * Returns the texts of a thrown value and its causes, each once, with codes that no text names;
 * empty if there are none. Queries, users and passwords of addresses and control characters are
 * removed.
 */
export function thrownText(thrown: unknown): string {
  return joinedText(thrown, (text) => text);
}

function joinedText(thrown: unknown, hide: (text: string) => string): string {
  const texts: string[] = [];
  const codes = new Set<string>();
  for (const each of causesOf(thrown)) {
    const { text, code } = readThrown(each);
    const told = firstOf(hide(clean(text)));
    if (
      told !== "" &&
      texts.length < BOUNDS.maxThrownTexts &&
      !texts.some((known) => known.includes(told))
    ) {
      texts.push(told);
    }
    codes.add(firstOf(hide(clean(code))));
  }
  let told = texts.join(": ");
  for (const code of codes) {
    if (!told.includes(code)) {
      told += told === "" ? code : ` (${code})`;
    }
  }
  return told;
}

function readThrown(thrown: unknown): { text: string; code: string } {
  if (!(thrown instanceof Error)) {
    return { text: typeof thrown === "string" ? thrown : "", code: "" };
  }
  // Connect puts the code before its own message.
  const { message, rawMessage, code } = thrown as Error & {
    readonly rawMessage?: unknown;
    readonly code?: unknown;
  };
  return {
    text: typeof rawMessage === "string" ? rawMessage : message,
    code: typeof code === "string" ? code : "",
  };
}

/**
 * Does the same, and removes text that looks like a credential: for errors of code that handles
 * some.
 */
export function thrownTextWithoutTokens(thrown: unknown): string {
  // One text may end in the name of a secret, and the next be the secret.
  return withoutTokens(joinedText(thrown, withoutTokens));
}

function withoutTokens(text: string): string {
  return text
    .replace(PEM, "REDACTED")
    .replace(NAMED, "$1REDACTED")
    .replace(JWT, "REDACTED")
    .replace(OPAQUE, (run) => (/\d/.test(run) && /[a-z]/i.test(run) ? "REDACTED" : run));
}

// A key that was cut off has no end.
const PEM = /-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)/g;
// Matches `client_secret=…`, `"access_token":"…"`, `SecretAccessKey: …`, `Authorization: Bearer …`.
const NAMED =
  /((?:(?:token|assertion|code|credential)["']?\s*=|(?:token|assertion|code|credential)["']\s*:|(?:secret(?:[-_]?access)?(?:[-_]?key)?|passw(?:or)?d|pwd|(?:api|access|private)[-_]?key|authorization)["']?\s*[=:])\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"'&,;)\]}]+/gi;
const JWT = /\beyJ[\w-]+(?:\.[\w-]*)*/g;
// Matches unbroken letters and digits, longer than words and identifiers.
const OPAQUE = /[\w+=]{16,}/g;

// What is hidden makes room for what follows it.
const READ_CHARACTERS = 4 * BOUNDS.maxThrownCharacters;
// Part of an address or a token, which may not look like one.
const LAST_RUN = /[^\s"'<>()]*$/;

function clean(text: string): string {
  const read =
    text.length > READ_CHARACTERS ? text.slice(0, READ_CHARACTERS).replace(LAST_RUN, "") : text;
  return read
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>()]+/gi, withoutSecrets)
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
}

function firstOf(text: string): string {
  return text.slice(0, BOUNDS.maxThrownCharacters).trim();
}

function withoutSecrets(address: string): string {
  try {
    const { protocol, host, pathname } = new URL(address);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "an address";
  }
}
