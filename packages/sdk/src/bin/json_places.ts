import { memberOf } from "../config/json_document.js";

/** Thrown for text that is not JSON, with the line where it stops being JSON. */
export class NoJson extends Error {
  constructor(readonly line: number) {
    super("is no JSON from here on");
  }
}

const TOKEN = /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|([^\s{}[\],:"]+)|$)/y;
const LITERAL = /^(?:true|false|null|-?\d[\d.eE+-]*)$/;

/**
 * Returns the line of every value of a JSON text, from 1, by its path: `methods[0].policy`, in the
 * spelling of protobuf's JSON. If a member is repeated its last occurrence counts, as in
 * `JSON.parse`.
 *
 * @throws NoJson if the text is not JSON.
 */
export function placesOf(text: string): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  let read = 0;
  let line = 1;

  function next(): string {
    TOKEN.lastIndex = read;
    const [all, ...parts] = TOKEN.exec(text) ?? [""];
    read += all.length;
    line += all.split("\n").length - 1;
    return parts.find((part) => part !== undefined) ?? "";
  }

  function expect(holds: boolean): void {
    if (!holds) {
      throw new NoJson(line);
    }
  }

  // Reads from the token after an opening bracket to the closing one.
  function list(end: string, one: (token: string) => void): void {
    let token = next();
    while (token !== end) {
      one(token);
      token = next();
      if (token !== end) {
        expect(token === ",");
        token = next();
        expect(token !== end);
      }
    }
  }

  function value(path: string, token: string): void {
    places.set(path, line);
    if (token === "{") {
      list("}", (name) => {
        expect(name.startsWith('"'));
        const member = memberOf(path, camelCase(JSON.parse(name) as string));
        const at = line;
        expect(next() === ":");
        value(member, next());
        places.set(member, at);
      });
    } else if (token === "[") {
      let i = 0;
      list("]", (each) => value(`${path}[${i++}]`, each));
    } else {
      expect(token.startsWith('"') || LITERAL.test(token));
    }
  }

  value("", next());
  expect(next() === "" && read === text.length);
  return places;
}

// Spells a name like `max_attempts` as protobuf's JSON does.
function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
