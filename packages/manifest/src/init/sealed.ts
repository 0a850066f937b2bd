import { sha256 } from "../canonical.js";

/** Puts a line in front of a text that says what it is, with a digest of it, for {@link isSealed}. */
export function sealed(text: string): string {
  return `${SEAL}${digestOf(text)}\n${text}`;
}

/** Reports whether a text is as {@link sealed} made it: nobody has edited it. */
export function isSealed(text: string): boolean {
  const [first = "", ...lines] = text.replaceAll("\r\n", "\n").split("\n");
  return first === `${SEAL}${digestOf(lines.join("\n"))}`;
}

const SEAL = "# Written by ameide-manifest init, which writes it anew while nobody edits it: ";

function digestOf(text: string): string {
  return sha256(text).slice(0, 16);
}
