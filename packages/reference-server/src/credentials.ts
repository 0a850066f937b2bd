import { CredentialKind } from "@ameideio/core-proto/ameide/governance/v1";
import { type Found, withoutOverlaps } from "./text_spans.js";

// Texts are a caller's: no pattern may read one part of them more than a few times. So what has no
// longest length begins where its run of characters does, or is looked for backwards from its mark.
//
// A group named `secret` is what was found, otherwise all. Where two match, the first counts.
const PATTERNS: readonly { kind: CredentialKind; pattern: RegExp }[] = [
  {
    kind: CredentialKind.MARKED_TOKEN,
    pattern:
      /\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|[sr]k_(?:live|test)_\w{16,})/g,
  },
  {
    kind: CredentialKind.JWT,
    pattern: /(?<![\w-])(?=[\w-]+\.eyJ[\w-]+\.)[\w-]*?\b(?<secret>eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*)/g,
  },
  {
    kind: CredentialKind.URL_PASSWORD,
    pattern: /:\/\/(?<=\b[a-z][a-z0-9+.-]*:\/\/)[^\s/:@]*:(?<secret>[^\s/@]+)@/gi,
  },
  {
    kind: CredentialKind.ASSIGNED,
    pattern:
      /(?:password|passwd|secret|token|api[_-]?key)["']?\s*[:=]\s*["']?(?<secret>[^\s"',;]{8,})/gi,
  },
];

/** Finds credentials in a text, in its order, by UTF-16 units. References to them are none. */
export function detectCredentials(text: string): Found<CredentialKind>[] {
  const others = PATTERNS.flatMap(({ kind, pattern }) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const secret = match.groups?.["secret"] ?? match[0];
      const start = match.index + match[0].lastIndexOf(secret);
      return isReference(secret) ? [] : [{ kind, start, end: start + secret.length }];
    }),
  );
  return withoutOverlaps([...privateKeys(text), ...others]);
}

/** Finds private keys, each up to the next end of its label. Without one, its beginning is it. */
function privateKeys(text: string): Found<CredentialKind>[] {
  const markers = text.matchAll(/-----(BEGIN|END) ([A-Z0-9 ]*PRIVATE KEY)(?=(-----))/g);
  const ends = new Map<string, number>();
  return [...markers]
    .toReversed()
    .flatMap(({ index: start, 0: marker, 1: side, 2: label = "", 3: dashes = "" }) => {
      const own = start + marker.length + dashes.length;
      if (side === "END") {
        ends.set(label, own);
        return [];
      }
      return [{ kind: CredentialKind.PRIVATE_KEY, start, end: ends.get(label) ?? own }];
    })
    .toReversed();
}

function isReference(secret: string): boolean {
  return /^(?:[$<{%*]|[a-z][a-z0-9+.-]*:\/\/)/i.test(secret);
}
