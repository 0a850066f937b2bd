import { isIP } from "node:net";
import { PiiKind } from "@ameideio/core-proto/ameide/governance/v1";
import { type Found, inCodePoints, withoutOverlaps } from "./text_spans.js";

/** Personal data in a text. */
export interface FoundPii extends Found<PiiKind> {
  /** 0 to 1. */
  confidence: number;
}

interface Detector {
  readonly kind: PiiKind;
  /** A group named `before` is what belongs to a match, too, and ends where it begins. */
  readonly pattern: RegExp;
  readonly confidence: number;
  /** Returns how much of a match it is, from its start: 0 for nothing. Default: all. */
  readonly lengthOf?: (match: string) => number;
}

// Texts are a caller's: no pattern may read one part of them more than a few times. So each has a
// longest length, but for that of e-mail addresses, which are looked for around their @.
//
// Where two match, the first counts.
const DETECTORS: readonly Detector[] = [
  {
    kind: PiiKind.EMAIL,
    pattern: /@(?<=(?<before>[\p{L}\p{N}._%+-]+)@)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/gu,
    confidence: 0.95,
  },
  {
    kind: PiiKind.IBAN,
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b/g,
    confidence: 0.99,
    lengthOf: ibanLength,
  },
  {
    kind: PiiKind.PAYMENT_CARD,
    pattern: /(?<![\w+])\d(?:[ -]?\d){12,18}\b/g,
    confidence: 0.95,
    lengthOf: (match) => (isLuhn(match.replaceAll(/\D/g, "")) ? match.length : 0),
  },
  {
    kind: PiiKind.US_SSN,
    pattern: /\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b/g,
    confidence: 0.85,
  },
  {
    kind: PiiKind.PHONE,
    pattern: /(?<![\w+])\+[1-9](?:[ ()./-]{0,2}\d){7,14}\b/g,
    confidence: 0.9,
  },
  {
    kind: PiiKind.PHONE,
    pattern: /(?<![\w+])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}\b/g,
    confidence: 0.7,
  },
  {
    kind: PiiKind.IP_ADDRESS,
    pattern:
      /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:]|\.\d)/g,
    confidence: 0.8,
    lengthOf: (match) => (isIP(match) === 0 ? 0 : match.length),
  },
];

/** Finds personal data in a text, in its order, by UTF-16 units. */
export function detectPii(text: string, kinds: readonly PiiKind[] = []): FoundPii[] {
  const wanted = DETECTORS.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
  return withoutOverlaps(
    wanted.flatMap(({ kind, pattern, confidence, lengthOf }) => {
      let free = 0;
      return [...text.matchAll(pattern)].flatMap(({ index, 0: match, groups }) => {
        const length = lengthOf?.(match) ?? match.length;
        const before = groups?.["before"] ?? "";
        const start = Math.max(index - before.length, free);
        if (length === 0 || (before !== "" && start === index)) {
          return [];
        }
        free = index + length;
        return [{ kind, start, end: free, confidence }];
      });
    }),
  );
}

/** Returns what was found with offsets in code points, and the text without it. */
export function reportPii(text: string, kinds: readonly PiiKind[]) {
  const found = detectPii(text, kinds);
  let redactedText = "";
  let end = 0;
  for (const each of found) {
    redactedText += `${text.slice(end, each.start)}[${PiiKind[each.kind]}]`;
    end = each.end;
  }
  return { findings: inCodePoints(text, found), redactedText: redactedText + text.slice(end) };
}

/** Returns the length of the account number that a match begins with: words may follow it. */
function ibanLength(match: string): number {
  for (let length = match.length; length >= 15; length--) {
    const next = match[length];
    const ends = next === undefined || next === " ";
    if (ends && isIban(match.slice(0, length).replaceAll(" ", ""))) {
      return length;
    }
  }
  return 0;
}

function isIban(account: string): boolean {
  const moved = account.slice(4) + account.slice(0, 4);
  const digits = moved.replaceAll(/[A-Z]/g, (letter) => String(parseInt(letter, 36)));
  return account.length >= 15 && BigInt(digits) % 97n === 1n;
}

function isLuhn(digits: string): boolean {
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0 && /[1-9]/.test(digits);
}
