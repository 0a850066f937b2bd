import {
  type DescMessage,
  fromBinary,
  fromJson,
  fromJsonString,
  type JsonObject,
  type JsonValue,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { type CheckedFile, checkFiles } from "./check.js";
import { CATEGORY, RULES } from "./rules.js";
import { messageOf, registry } from "./schema.js";

/** How the process ends, and what it prints. */
export interface Outcome {
  readonly code: number;
  readonly stdout: Uint8Array | string;
  readonly stderr: string;
}

const SERVICE = "buf.plugin.check.v1.CheckService";

/** google.rpc.Code.INVALID_ARGUMENT, as pluginrpc.v1.Code has it. */
const INVALID_ARGUMENT = 3;

interface Procedure {
  readonly args: string;
  readonly method: string;
  readonly answer: (request: never) => JsonObject;
}

const PROCEDURES: readonly Procedure[] = [
  { args: "check", method: "Check", answer: check },
  { args: "list-rules", method: "ListRules", answer: listRules },
  { args: "list-categories", method: "ListCategories", answer: listCategories },
];

/**
 * Runs the plugin as Buf starts it: protocol 1 of github.com/pluginrpc/pluginrpc, service
 * `buf.plugin.check.v1.CheckService`.
 *
 * @param args - Without the program: `--protocol`, `--spec`, or the name of a procedure; and
 *   `--format binary|json`. Default of the format: binary.
 * @param readStdin - Reads all of stdin. Called for a procedure only.
 */
export async function runPlugin(
  args: readonly string[],
  readStdin: () => Promise<Uint8Array>,
): Promise<Outcome> {
  const { format, rest } = formatOf(args);
  const [word = ""] = rest;
  if (rest.length !== 1 || (format !== "binary" && format !== "json")) {
    return refused();
  }
  if (word === "--protocol") {
    return printed("1\n");
  }
  const json = format === "json";
  if (word === "--spec") {
    const procedures = PROCEDURES.map(({ args: name, method }) => ({
      path: `/${SERVICE}/${method}`,
      args: [name],
    }));
    return printed(write(build("pluginrpc.v1.Spec", { procedures }), { json }));
  }
  const procedure = PROCEDURES.find(
    ({ args: name, method }) => word === name || word === `/${SERVICE}/${method}`,
  );
  return procedure === undefined
    ? refused()
    : printed(write(respond(procedure, await readStdin(), { json }), { json }));
}

function formatOf(args: readonly string[]) {
  const at = args.indexOf("--format");
  return at < 0
    ? { format: "binary", rest: args }
    : { format: args[at + 1], rest: args.filter((_, index) => index !== at && index !== at + 1) };
}

function printed(stdout: Uint8Array | string): Outcome {
  return { code: 0, stdout, stderr: "" };
}

function refused(): Outcome {
  const words = ["--protocol", "--spec", ...PROCEDURES.map(({ args }) => args)].join("|");
  const stderr = `usage: buf-plugin-ameide (${words}) [--format binary|json]; Buf starts it\n`;
  return { code: 2, stdout: "", stderr };
}

function respond(
  { method, answer }: Procedure,
  input: Uint8Array,
  format: { json: boolean },
): Built {
  try {
    const { value } = read("pluginrpc.v1.Request", input, format) as { value?: Any };
    const request = fromBinary(
      messageOf(`buf.plugin.check.v1.${method}Request`),
      value?.value ?? new Uint8Array(),
    );
    const built = build(`buf.plugin.check.v1.${method}Response`, answer(request as never));
    const response = build("pluginrpc.v1.Response", {});
    Object.assign(response.message, { value: anyPack(built.desc, built.message) });
    return response;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return build("pluginrpc.v1.Response", { error: { code: INVALID_ARGUMENT, message } });
  }
}

interface CheckRequest {
  readonly fileDescriptors: readonly CheckedFile[];
  readonly options: readonly { readonly key: string }[];
  readonly ruleIds: readonly string[];
}

function check({ fileDescriptors, options, ruleIds }: CheckRequest): JsonObject {
  const [option] = options;
  if (option !== undefined) {
    throw new Error(`unknown option ${option.key}: there are none`);
  }
  const unknown = ruleIds.find((id) => !RULES.some((rule) => rule.id === id));
  if (unknown !== undefined) {
    throw new Error(`there is no rule ${unknown}`);
  }
  const rules = RULES.filter(({ id }) => ruleIds.length === 0 || ruleIds.includes(id));
  const annotations = checkFiles(fileDescriptors, rules);
  return {
    annotations: annotations.map(({ ruleId, message, fileName, path }) => ({
      ruleId,
      // Buf prints no id of a rule with its message.
      message: `${ruleId}: ${message}`,
      fileLocation: { fileName, sourcePath: [...path] },
    })),
  };
}

interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

function listRules(request: PageRequest): JsonObject {
  const rules = RULES.map(({ id, purpose }) => ({
    id,
    purpose,
    categoryIds: [CATEGORY.id],
    default: true,
    type: 1,
  }));
  const { items, nextPageToken } = pageOf(rules, request);
  return { rules: items, nextPageToken };
}

function listCategories(request: PageRequest): JsonObject {
  const { items, nextPageToken } = pageOf([CATEGORY], request);
  return { categories: items, nextPageToken };
}

/** The token is the index of the page's first item. */
function pageOf<T>(all: readonly T[], { pageSize, pageToken }: PageRequest) {
  const start = Number(pageToken);
  const end = start + (pageSize || 250);
  return { items: all.slice(start, end), nextPageToken: end < all.length ? String(end) : "" };
}

interface Built {
  readonly desc: DescMessage;
  readonly message: Message;
}

function build(name: string, json: JsonValue): Built {
  const desc = messageOf(name);
  return { desc, message: fromJson(desc, json, { registry }) };
}

function read(name: string, input: Uint8Array, { json }: { json: boolean }): Message {
  const desc = messageOf(name);
  if (!json) {
    return fromBinary(desc, input);
  }
  const text = new TextDecoder().decode(input);
  return fromJsonString(desc, text || "{}", { registry, ignoreUnknownFields: true });
}

function write({ desc, message }: Built, { json }: { json: boolean }): Uint8Array | string {
  return json ? `${toJsonString(desc, message, { registry })}\n` : toBinary(desc, message);
}
