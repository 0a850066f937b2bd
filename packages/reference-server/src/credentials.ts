import { CredentialKind } from "@ameideio/core-proto/ameide/governance/v1";
import { type Found, withoutOverlaps } from "./text_spans.js";

// A group named `secret` is what was found, otherwise all. Where two match, the first counts.
const PATTERNS: readonly { kind: CredentialKind; pattern: RegExp }[] = [
  {
    kind: CredentialKind.PRIVATE_KEY,
    pattern: /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----(?:[\s\S]*?-----END \1-----)?/g,
  },
  {
    kind: CredentialKind.MARKED_TOKEN,
    pattern:
      /\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|[sr]k_(?:live|test)_\w{16,})/g,
  },
  {
    kind: CredentialKind.JWT,
    pattern: /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/g,
  },
  {
    kind: CredentialKind.URL_PASSWORD,
    pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:(?<secret>[^\s/@]+)@/gi,
  },
  {
    kind: CredentialKind.ASSIGNED,
    pattern:
      /(?:password|passwd|secret|token|api[_-]?key)["']?\s*[:=]\s*["']?(?<secret>[^\s"',;]{8,})/gi,
  },
];

/** Finds credentials in a text, in its order, by UTF-16 units. References to them are none. */
export function detectCredentials(text: string): Found<CredentialKind>[] {
  return withoutOverlaps(
    PATTERNS.flatMap(({ kind, pattern }) =>
      [...text.matchAll(pattern)].flatMap((match) => {
        const secret = match.groups?.["secret"] ?? match[0];
        const start = match.index + match[0].lastIndexOf(secret);
        return isReference(secret) ? [] : [{ kind, start, end: start + secret.length }];
      }),
    ),
  );
}

function isReference(secret: string): boolean {
  return /^(?:[$<{%*]|[a-z][a-z0-9+.-]*:\/\/)/i.test(secret);
}
