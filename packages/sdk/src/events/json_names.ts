import { EventError } from "./event_error.js";
import { checkText, shownName } from "./well_formed.js";

/**
 * Checks the names of members: a parser keeps the last of two that are equal, and whoever reads the
 * text next may keep the first.
 *
 * @param text - Valid JSON.
 * @throws EventError `invalid` if two are equal in one object, or one is no well-formed text.
 */
export function checkNames(field: string, text: string): void {
  // The names of each object that is open, outermost first; none for an array.
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charAt(i)) {
      case "{":
        open.push(new Set());
        isName = true;
        break;
      case "[":
        open.push(undefined);
        isName = false;
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case ",":
        isName = open.at(-1) !== undefined;
        break;
      case '"': {
        const start = i;
        i = endOf(text, start);
        if (isName) {
          addName(field, open.at(-1), text.slice(start, i + 1));
          isName = false;
        }
        break;
      }
    }
  }
}

function endOf(text: string, start: number): number {
  let end = start + 1;
  while (text[end] !== '"') {
    end += text[end] === "\\" ? 2 : 1;
  }
  return end;
}

function addName(field: string, names: Set<string> | undefined, quoted: string): void {
  const name = quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  checkText(field, name);
  if (names?.has(name)) {
    throw new EventError("invalid", field, `has two members named ${shownName(name)}`);
  }
  names?.add(name);
}
