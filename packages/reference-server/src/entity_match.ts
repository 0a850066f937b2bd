import {
  MatchMethod,
  type EntityRecord,
  type EntityRef,
} from "@ameideio/core-proto/ameide/entities/v1";

const EMAIL = 0.95;
const PHONE = 0.9;
const LEAST_SIMILARITY = 0.5;

/** How two records match. */
export interface Match {
  confidence: number;
  method: MatchMethod;
}

/** Compares two records, as the proto of Correlate says. Undefined if they do not match. */
export function matchOf(a: EntityRecord, b: EntityRecord): Match | undefined {
  if (a.ref?.entityType !== b.ref?.entityType) {
    return undefined;
  }
  if (agree(a, b, "email", (email) => email.trim().toLowerCase())) {
    return { confidence: EMAIL, method: MatchMethod.EMAIL };
  }
  if (agree(a, b, "phone", (phone) => phone.replaceAll(/\D/g, ""))) {
    return { confidence: PHONE, method: MatchMethod.PHONE };
  }
  const similarity = similarityOf(a.displayName, b.displayName);
  if (similarity < LEAST_SIMILARITY) {
    return undefined;
  }
  if (agree(a, b, "domain", (domain) => domain.trim().toLowerCase())) {
    const confidence = 0.6 + 0.25 * similarity;
    return { confidence, method: MatchMethod.DOMAIN_AND_NAME };
  }
  return { confidence: 0.7 * similarity, method: MatchMethod.NAME };
}

/** Returns a record as a key. */
export function refKey(ref: EntityRef | undefined): string {
  return JSON.stringify([ref?.system, ref?.entityType, ref?.externalId]);
}

function agree(
  a: EntityRecord,
  b: EntityRecord,
  name: string,
  normalize: (value: string) => string,
): boolean {
  const value = normalize(a.attributes[name] ?? "");
  return value !== "" && value === normalize(b.attributes[name] ?? "");
}

/** Computes the Dice coefficient of the pairs of letters of two names, 0 to 1. */
function similarityOf(a: string, b: string): number {
  const left = pairsOf(a);
  const right = pairsOf(b);
  const count = left.length + right.length;
  let common = 0;
  for (const pair of left) {
    const at = right.indexOf(pair);
    if (at >= 0) {
      right.splice(at, 1);
      common += 1;
    }
  }
  return count === 0 ? 0 : (2 * common) / count;
}

function pairsOf(name: string): string[] {
  const words = name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.flatMap((word) => {
    const letters = Array.from(word);
    return letters.length === 1
      ? letters
      : letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
  });
}
