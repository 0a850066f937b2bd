import type { MessageInitShape } from "@bufbuild/protobuf";
import { version } from "@ameideio/ameide-sdk-ts";
import { BEHAVIOR_1, type PolicyConstants } from "@ameideio/ameide-sdk-ts/testing";
import type { DescribeResponseSchema } from "@ameideio/conformance-proto";
import { FETCH } from "./entries.js";

/** Describes this adapter. */
export function describe(): MessageInitShape<typeof DescribeResponseSchema> {
  return {
    sdk: "ts",
    version,
    entries: ["generic", "roster"],
    protocols: ["connect", "grpc", "grpc-web"],
    formats: ["binary", "json"],
    http: ["1.1", "2", "auto"],
    kinds: ["unary", "server_streaming", "client_streaming", "bidi_streaming"],
    abilities: ["cancel", "eager_streams", "keep_alive", "loose_types", "pulled_input"],
    httpClients: [
      {
        // The fetch of Node.js: HTTP/1.1 without TLS. The roster over it is another build of the
        // package.
        name: FETCH,
        entries: ["generic"],
        protocols: ["connect", "grpc-web"],
        http: ["1.1"],
        kinds: ["unary", "server_streaming"],
      },
    ],
    constants: Object.fromEntries(numbersOf(BEHAVIOR_1, "")),
  };
}

/**
 * Returns the built-in numbers with some of them changed.
 *
 * @throws Error for a name of no number.
 */
export function perturbed(changes: Readonly<Record<string, number>>): PolicyConstants {
  if (Object.keys(changes).length === 0) {
    return BEHAVIOR_1;
  }
  const constants: PolicyConstants = structuredClone(BEHAVIOR_1);
  for (const [name, value] of Object.entries(changes)) {
    const path = name.split(".");
    const last = path.pop() as string;
    let at: unknown = constants;
    for (const member of path) {
      at = isObject(at) && Object.hasOwn(at, member) ? at[member] : undefined;
    }
    if (!isObject(at) || typeof at[last] !== "number") {
      throw new Error(`no built-in number is named ${name}`);
    }
    at[last] = value;
  }
  return constants;
}

function* numbersOf(value: object, prefix: string): Generator<[string, number]> {
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === "number") {
      yield [prefix + name, member];
    } else if (isObject(member)) {
      yield* numbersOf(member, `${prefix}${name}.`);
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
