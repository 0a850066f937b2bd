import { FieldList } from "../wire/field_list.js";
import type { AnswerParts, OwnAnswer, OwnHeaders } from "../wire/own_headers.js";

// RFC 6265, section 3: its values cannot be joined by commas.
const NEVER_JOINED = "set-cookie";

/**
 * Headers of a request or answer, by lower-case names. The runtime's cost more than the rest of a head,
 * and Node.js loads them together with its whole `fetch`. Values have no space around them, as there
 * (Fetch, section 2.2.2); what may be a name or a value, whoever sets it has checked.
 */
export class HeaderFields extends FieldList implements OwnHeaders {
  empty(): Headers {
    return new HeaderFields();
  }

  answer(parts: AnswerParts): OwnAnswer {
    return new LazyAnswer(parts, this);
  }

  override get(name: string): string | null {
    const cookies = name === NEVER_JOINED ? this.getSetCookie() : [];
    return cookies.length > 1 ? cookies.join(", ") : super.get(name);
  }

  has(name: string): boolean {
    return this.find(name) !== -1;
  }

  override set(name: string, value: string): void {
    if (name === NEVER_JOINED) {
      this.delete(name);
    }
    super.set(name, trimmed(value));
  }

  append(name: string, value: string): void {
    const at = name === NEVER_JOINED ? -1 : this.find(name);
    if (at === -1) {
      this.add(name, trimmed(value));
    } else {
      this.list[at + 1] += `, ${trimmed(value)}`;
    }
  }

  delete(name: string): void {
    for (let at = this.find(name); at !== -1; at = this.find(name)) {
      this.list.splice(at, 2);
      this.places = undefined;
    }
  }

  override forEach(each: (value: string, name: string, parent: Headers) => void): void {
    super.forEach((value, name) => each(value, name, this));
  }

  getSetCookie(): string[] {
    const { list } = this;
    return list.filter((_, at) => at % 2 === 1 && list[at - 1] === NEVER_JOINED);
  }

  *entries(): ReturnType<Headers["entries"]> {
    const { list } = this;
    for (let at = 0; at < list.length; at += 2) {
      yield [list[at] as string, list[at + 1] as string];
    }
  }

  *keys(): ReturnType<Headers["keys"]> {
    for (const [name] of this.entries()) {
      yield name;
    }
  }

  *values(): ReturnType<Headers["values"]> {
    for (const [, value] of this.entries()) {
      yield value;
    }
  }

  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.entries();
  }
}

// A getter of a class costs less than one of an object.
class LazyAnswer implements OwnAnswer {
  readonly stream = false;
  readonly service: AnswerParts["service"];
  readonly method: AnswerParts["method"];
  readonly message: AnswerParts["message"];
  private readonly ownTrailer: Headers;
  private seenHeader: Headers | undefined;
  private seenTrailer: Headers | undefined;

  constructor(
    { service, method, message, trailer }: AnswerParts,
    readonly own: Headers,
  ) {
    this.service = service;
    this.method = method;
    this.message = message;
    this.ownTrailer = trailer;
  }

  get header(): Headers {
    return (this.seenHeader ??= new Headers([...this.own]));
  }

  get trailer(): Headers {
    return (this.seenTrailer ??= new Headers([...this.ownTrailer]));
  }
}

function trimmed(value: string): string {
  let [from, to] = [0, value.length];
  while (from < to && isSpace(value.charCodeAt(from))) {
    from++;
  }
  while (to > from && isSpace(value.charCodeAt(to - 1))) {
    to--;
  }
  return value.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
