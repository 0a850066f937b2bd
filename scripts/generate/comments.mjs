// @ts-check

/** @typedef {import("@bufbuild/protobuf").DescFile} DescFile */
/** @typedef {import("@bufbuild/protobuf").AnyDesc} AnyDesc */

// Numbers of the lists that a descriptor lies in (descriptor.proto).
const FILE = { messages: 4, enums: 5, services: 6, extensions: 7 };
const MESSAGE = { fields: 2, nestedMessages: 3, nestedEnums: 4 };
const VALUES = 2;
const METHODS = 2;
const SYNTAX = 12;

/**
 * Reads the comments of a file: the leading one of whatever it is asked for, without the marks, or that at the end of
 * the line; empty where there is none. Of the file it is the comment above `syntax`.
 *
 * @param {DescFile} file With its source info.
 * @returns {(of: AnyDesc) => string}
 */
export function commentsOf(file) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const { path, leadingComments, trailingComments } of file.proto.sourceCodeInfo?.location ??
    []) {
    const key = path.join(".");
    if (!texts.has(key)) {
      texts.set(key, (leadingComments || trailingComments).replaceAll(/^ /gm, "").trim());
    }
  }
  const paths = pathsOf(file);
  return (of) => texts.get(paths.get(of)?.join(".") ?? "") ?? "";
}

/**
 * @param {DescFile} file
 * @returns {Map<AnyDesc, number[]>}
 */
function pathsOf(file) {
  /** @type {Map<AnyDesc, number[]>} */
  const paths = new Map([[file, [SYNTAX]]]);
  /**
   * @param {readonly AnyDesc[]} descs
   * @param {number[]} prefix
   */
  const add = (descs, prefix) => {
    for (const [index, desc] of descs.entries()) {
      visit(desc, [...prefix, index]);
    }
  };
  /**
   * @param {AnyDesc} desc
   * @param {number[]} path
   */
  const visit = (desc, path) => {
    paths.set(desc, path);
    if (desc.kind === "message") {
      add(desc.fields, [...path, MESSAGE.fields]);
      add(desc.nestedEnums, [...path, MESSAGE.nestedEnums]);
      for (const nested of desc.nestedMessages) {
        // Entries of maps are in the descriptor alone, and count.
        const index = desc.proto.nestedType.indexOf(nested.proto);
        visit(nested, [...path, MESSAGE.nestedMessages, index]);
      }
    } else if (desc.kind === "enum") {
      add(desc.values, [...path, VALUES]);
    } else if (desc.kind === "service") {
      add(desc.methods, [...path, METHODS]);
    }
  };
  add(file.messages, [FILE.messages]);
  add(file.enums, [FILE.enums]);
  add(file.services, [FILE.services]);
  add(file.extensions, [FILE.extensions]);
  return paths;
}
