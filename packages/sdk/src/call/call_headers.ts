import { configError } from "../errors/errors.js";
import { type ReservedNames, reservedRule } from "../options/reserved_headers.js";

type HeadersInit = ConstructorParameters<typeof Headers>[0];

/**
 * Reads the headers of Connect's own call options.
 *
 * @throws AmeideError CONFIG_INVALID. It names a header and never holds a value;
 *   the runtime's own error would.
 */
export function readCallHeaders(init: HeadersInit, reserved: ReservedNames): Headers {
  const headers = parse(init);
  headers.forEach((value, name) => {
    const rule = reservedRule(name, reserved);
    if (rule !== undefined) {
      throw configError(`headers.${name}`, rule);
    }
    if (!isHeaderValue(value)) {
      throw configError(`headers.${name}`, VALUE_RULE);
    }
  });
  return headers;
}

/** Reports whether a text may be the name of a header (RFC 9110, section 5.6.2). */
export function isHeaderName(name: string): boolean {
  return NAME.test(name);
}

/** Reports whether a text may be the value of a header (RFC 9110, section 5.5). */
export function isHeaderValue(value: string): boolean {
  return /^[\t -~\x80-\xff]*$/.test(value);
}

const VALUE_RULE = "must be text on one line, without control characters, in ISO 8859-1";

function parse(init: HeadersInit): Headers {
  try {
    return new Headers(init);
  } catch {
    const name = refusedName(init);
    throw name === undefined
      ? configError("headers", "must be Headers, pairs of names and values, or an object of them")
      : configError(`headers.${name}`, VALUE_RULE);
  }
}

// Returns the name of the first header whose value the runtime refuses. A name that is too long is
// not shown, as it may be a value.
function refusedName(init: HeadersInit): string | undefined {
  try {
    const isList = Symbol.iterator in Object(init);
    const pairs = isList ? [...(init as Headers)] : Object.entries(init ?? {});
    const refused = pairs.find(([, value]) => !isHeaderValue(value as string));
    return refused !== undefined && NAME.test(refused[0]) ? refused[0] : undefined;
  } catch {
    return undefined;
  }
}

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
