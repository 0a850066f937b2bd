import { toBytes } from "./answer.js";
import type { Action, Http2Code, Moment, Respond, Script, Sequence } from "./script.js";
import {
  flag,
  integer,
  json,
  listOf,
  mapOf,
  object,
  oneKey,
  type Rule,
  ScriptError,
  show,
  text,
  word,
} from "./rules.js";

/** The codes a script may name, with their numbers on the wire (RFC 9113, section 7). */
export const HTTP2_CODES: Readonly<Record<Http2Code, number>> = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
};

const millis = integer(0, 600_000);
const size = integer(0, 256 * 1024 * 1024);
const code = word(...Object.keys(HTTP2_CODES));
const moment = word("on_connect", "before_read", "after_head", "after_read");
const late = word("after_head", "after_read");
const base64 = text(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, "base64");
const headerName = text(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "a header name");
const headerValue = text(/^[\t\x20-\x7e\x80-\xff]*$/, "a header value without line breaks");
const bytes = { text: text(), base64, json, zeros: size };

const headers = listOf((value, path) => {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new ScriptError(path, `must be a [name, value] pair, is ${show(value)}`);
  }
  headerName(value[0], `${path}[0]`);
  headerValue(value[1], `${path}[1]`);
});

const chunk: Rule = (value, path) => {
  const { delayMs, ...body } = (value ?? {}) as Record<string, unknown>;
  if (delayMs !== undefined) {
    millis(delayMs, `${path}.delayMs`);
  }
  oneKey(bytes)(body, path);
};

const breakOff: Rule = (value, path) =>
  typeof value === "object"
    ? object({ rstStream: code })(value, path)
    : word("reset", "fin", "stall", "silence")(value, path);

const cut = object({
  after: (value, path) =>
    typeof value === "string" ? word("nothing", "head", "half")(value, path) : size(value, path),
  how: breakOff,
  "delayMs?": millis,
});

const respond = object({
  status: integer(200, 599),
  "headers?": headers,
  "body?": oneKey(bytes),
  "chunks?": listOf(chunk),
  "trailers?": headers,
  "informational?": listOf(integer(100, 199)),
  "delayMs?": millis,
  "readDelayMs?": millis,
  "early?": flag,
  "duplex?": flag,
  "closeAfter?": flag,
  "cut?": cut,
});

const action = oneKey({
  respond: (value, path) => {
    respond(value, path);
    checkBody(value as Respond, path);
  },
  forward: object({
    "delayMs?": millis,
    "readDelayMs?": millis,
    "closeAfter?": flag,
    "cut?": cut,
  }),
  reset: moment,
  fin: moment,
  stall: moment,
  silence: late,
  refuse: object({ "forMs?": millis }),
  rstStream: object({ code, "at?": late }),
  goaway: object({
    "code?": code,
    lastStream: word("before", "this"),
    "at?": late,
    "how?": word("reset", "fin", "stall"),
  }),
  raw: object({ text: text(), "how?": word("reset", "fin", "stall") }),
});

const sequence = { "attempts?": listOf(action), "otherwise?": action };
const route = text(/^\/[^?#\s]*$/, "a path that begins with / and has no query");
const script = object({ ...sequence, "routes?": mapOf(route, object(sequence)) });

/** Abilities of the server, for which a script may have to be refused. */
export interface Abilities {
  /** True if an upstream server is known, so that `forward` works. */
  readonly upstream: boolean;
  /** True if this script has the port to itself, so that it may act before a path is known. */
  readonly ownPort: boolean;
}

/**
 * Returns the script, typed, if it keeps every rule.
 *
 * @throws ScriptError naming the place in the script and the rule.
 */
export function checkScript(value: unknown, abilities: Abilities, path = "script"): Script {
  script(value, path);
  const checked = value as Script;
  const ownPort = abilities.ownPort && checked.routes === undefined;
  checkSequence(checked, { ...abilities, ownPort }, path);
  for (const [name, entry] of Object.entries(checked.routes ?? {})) {
    checkSequence(entry, { ...abilities, ownPort: false }, `${path}.routes["${name}"]`);
  }
  return checked;
}

/** True if the action happens before any request is read, so before its path is known. */
export function isConnectionLevel(step: Action): boolean {
  return "refuse" in step || momentOf(step) === "on_connect" || momentOf(step) === "before_read";
}

/** The moment of a bare reset, fin or stall. */
export function momentOf(step: Action): Moment | undefined {
  if ("reset" in step) {
    return step.reset;
  }
  if ("fin" in step) {
    return step.fin;
  }
  if ("stall" in step) {
    return step.stall;
  }
  return undefined;
}

/** True if the script acts before a path is known anywhere in it. */
export function needsOwnPort(checked: Script): boolean {
  return [...(checked.attempts ?? []), ...(checked.otherwise ? [checked.otherwise] : [])].some(
    isConnectionLevel,
  );
}

function checkSequence(checked: Sequence, abilities: Abilities, path: string): void {
  if (checked.attempts === undefined && checked.otherwise === undefined) {
    if (!("routes" in checked)) {
      throw new ScriptError(path, "needs attempts or otherwise");
    }
  }
  checked.attempts?.forEach((entry, i) => {
    checkAction(entry, abilities, `${path}.attempts[${i}]`);
    const before = checked.attempts?.[i - 1];
    if ("refuse" in entry && before && "refuse" in before) {
      throw new ScriptError(
        `${path}.attempts[${i}]`,
        "refuse follows refuse, but one stands for any number of refused connects",
      );
    }
  });
  if (checked.otherwise) {
    checkAction(checked.otherwise, abilities, `${path}.otherwise`);
    if ("refuse" in checked.otherwise) {
      throw new ScriptError(`${path}.otherwise`, "refuse is allowed in attempts only");
    }
  }
}

function checkBody({ body, chunks, cut: where }: Respond, path: string): void {
  if (body !== undefined && chunks !== undefined) {
    throw new ScriptError(path, "has body and chunks, only one of them is allowed");
  }
  const length = (body ? [body] : (chunks ?? [])).reduce((n, c) => n + toBytes(c).length, 0);
  if (typeof where?.after === "number" && where.after > length) {
    throw new ScriptError(
      `${path}.cut.after`,
      `is ${where.after}, but the body has ${length} bytes`,
    );
  }
}

function checkAction(entry: Action, abilities: Abilities, path: string): void {
  if ("forward" in entry && !abilities.upstream) {
    throw new ScriptError(path, "forward needs the server's option upstream");
  }
  if (isConnectionLevel(entry) && !abilities.ownPort) {
    throw new ScriptError(
      path,
      "acts before the path is known, so it needs a server of its own, without routes or other scripts",
    );
  }
}
