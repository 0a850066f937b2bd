import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DescMethod } from "@bufbuild/protobuf";

/** A place in a .proto file of the repository. */
export interface ProtoLine {
  /** `meter.proto` */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** True if nothing else is on the line, so that it can be deleted. */
  readonly alone: boolean;
}

const PROTO_FOLDER = fileURLToPath(new URL("../../../../proto", import.meta.url));

/**
 * Finds where the .proto file of a method declares it, or sets an option of it.
 *
 * @param method - A method of the repository's own module.
 * @param option - Name of a method option as it is written: `idempotency_level`,
 *   `(ameide.policy.v1.auth)`. Without it the line of the `rpc` itself.
 * @returns undefined if the method or its option is not there.
 */
export function findInProto(method: DescMethod, option?: string): ProtoLine | undefined {
  const path = join(PROTO_FOLDER, `${method.parent.file.name}.proto`);
  const source = blankComments(readFileSync(path, "utf8"));
  const service = block(source, new RegExp(`\\bservice\\s+${method.parent.name}\\s*\\{`), {
    from: 0,
    to: source.length,
  });
  const rpc = new RegExp(`\\brpc\\s+${method.name}\\s*\\(`).exec(
    service === undefined ? "" : source.slice(service.from, service.to),
  );
  if (service === undefined || rpc === null) {
    return undefined;
  }
  const start = service.from + rpc.index;
  if (option === undefined) {
    return place(path, source, { from: start, to: start });
  }
  const head = /[;{]/.exec(source.slice(start));
  if (head?.[0] !== "{") {
    return undefined;
  }
  const body = block(source, /\{/, { from: start, to: service.to });
  const name = option.replaceAll(/[.()]/g, (character) => `\\s*\\${character}\\s*`);
  const statement = new RegExp(`\\boption\\s+${name}\\s*=[^;]*;`).exec(
    body === undefined ? "" : source.slice(body.from, body.to),
  );
  if (body === undefined || statement === null) {
    return undefined;
  }
  const from = body.from + statement.index;
  return place(path, source, { from, to: from + statement[0].length });
}

interface Range {
  readonly from: number;
  readonly to: number;
}

// Returns the text between the braces that a match of `opening` ends with.
function block(source: string, opening: RegExp, within: Range): Range | undefined {
  const match = opening.exec(source.slice(within.from, within.to));
  if (match === null) {
    return undefined;
  }
  const from = within.from + match.index + match[0].length;
  let depth = 1;
  for (let i = from; i < within.to; i++) {
    if (source[i] === "{") {
      depth++;
    } else if (source[i] === "}" && --depth === 0) {
      return { from, to: i };
    }
  }
  return undefined;
}

// Comments and quoted text may contain anything. Every character keeps its place.
function blankComments(source: string): string {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
  return source.replaceAll(token, (text) => text.replaceAll(/[^\n]/g, " "));
}

function place(path: string, source: string, { from, to }: Range): ProtoLine {
  const lineStart = source.lastIndexOf("\n", from - 1) + 1;
  const lineEnd = (source.indexOf("\n", to) + 1 || source.length + 1) - 1;
  const text = source.slice(from, to);
  return {
    file: basename(path),
    line: source.slice(0, from).split("\n").length,
    alone: !text.includes("\n") && source.slice(lineStart, lineEnd).trim() === text,
  };
}
