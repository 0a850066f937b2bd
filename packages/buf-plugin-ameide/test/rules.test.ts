import { expect, test } from "vitest";
import { lint, MODULE } from "./lint.js";

/** A file that keeps every rule, of the package the file's name says. */
const CLEAN = `syntax = "proto3";
package acme.NAME.v1;
import "ameide/policy/v1/policy.proto";
service NotesService {
  option (ameide.policy.v1.service_tenant) = TENANT_MODE_REQUIRED;
  rpc GetNote(Request) returns (Response) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc ListNotes(Pages) returns (Page) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Watch(Request) returns (stream Page) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Listen(Request) returns (Response) { option idempotency_level = IDEMPOTENCY_UNKNOWN; }
  rpc Own(Request) returns (Response) {
    option idempotency_level = IDEMPOTENT;
    option (ameide.policy.v1.tenant) = TENANT_MODE_FORBIDDEN;
  }
}
message Request {}
message Response {}
message Pages { int32 page_size = 1; string page_token = 2; }
message Page { string next_page_token = 1; }
`;

const PAGES = "AMEIDE_RPC_LIST_PAGES";
const NAME = "AMEIDE_RPC_NAME";

/** What each planted file changes, and what is said of which line. */
const PLANTED: Record<string, [from: string, to: string, ...says: [number, string, string][]]> = {
  clean: ["", ""],
  unnamed: [
    " { option idempotency_level = NO_SIDE_EFFECTS; }",
    ";",
    [6, "AMEIDE_RPC_IDEMPOTENCY_LEVEL", "GetNote states no idempotency_level: add NO_SIDE_EFFECTS"],
  ],
  homeless: [
    "  option (ameide.policy.v1.service_tenant) = TENANT_MODE_REQUIRED;\n",
    "",
    ...["GetNote", "ListNotes", "Watch", "Listen"].map(
      (method, index): [number, string, string] => [
        5 + index,
        "AMEIDE_RPC_TENANT",
        `${method} states no tenant mode, nor does its service: add option`,
      ],
    ),
  ],
  unsaid: [
    "TENANT_MODE_FORBIDDEN",
    "TENANT_MODE_UNSPECIFIED",
    [10, "AMEIDE_RPC_TENANT", "Own states TENANT_MODE_UNSPECIFIED, which says nothing"],
  ],
  halfsaid: [
    "TENANT_MODE_REQUIRED",
    "TENANT_MODE_UNSPECIFIED",
    ...["GetNote", "ListNotes", "Watch", "Listen"].map(
      (method, index): [number, string, string] => [
        6 + index,
        "AMEIDE_RPC_TENANT",
        `${method} is of a service that states TENANT_MODE_UNSPECIFIED, which says nothing`,
      ],
    ),
  ],
  unread: [
    'import "ameide/policy/v1/policy.proto";',
    'import "acme/public/v1/public.proto";',
    ...["GetNote", "ListNotes", "Watch", "Listen", "Own"].map(
      (method, index): [number, string, string] => [
        6 + index,
        "AMEIDE_RPC_TENANT",
        `${method} has a tenant mode that no SDK reads: its file has to import ameide/policy`,
      ],
    ),
  ],
  sizeless: ["page_size", "size", [7, PAGES, "so add int32 page_size to Pages (AIP-158)"]],
  mistyped: ["int32 page_size", "string page_size", [7, PAGES, "add int32 page_size to Pages"]],
  tokenless: ["page_token", "token", [7, PAGES, "so add string page_token to Pages (AIP-158)"]],
  endless: ["next_page_token", "next", [7, PAGES, "so add string next_page_token to Page"]],
  searching: [
    "Listen(Request) returns (Response)",
    "Search(Request) returns (Page)",
    [9, PAGES, "Search lists, so add int32 page_size to Request"],
    [9, PAGES, "Search lists, so add string page_token to Request"],
  ],
  crowded: [
    "message Request {}",
    "service AlsoService {}\nmessage Request {}",
    [15, "AMEIDE_FILE_ONE_SERVICE", "AlsoService is in the file of acme.crowded.v1.NotesService"],
  ],
  reserved: [
    "Listen(",
    "Import(",
    [9, NAME, "Import is import_ in Python, where import is reserved: choose another name"],
  ],
  built: [
    "Listen(",
    "ToString(",
    [9, NAME, "ToString is toString$ in TypeScript, where toString is reserved"],
  ],
  promised: ["Listen(", "Then(", [9, NAME, "Then is then in TypeScript, which every client has"]],
  closing: ["Listen(", "Close(", [9, NAME, "Close is close in Python, which every client has"]],
  lowered: [
    "Listen(",
    "getNote(",
    [9, NAME, "getNote is GetNote in Go, and so is GetNote"],
    [9, NAME, "getNote is getNote in TypeScript, and so is GetNote"],
    [9, NAME, "getNote is get_note in Python, and so is GetNote"],
  ],
  optional: [
    "Listen(",
    "WithOptions(",
    [9, NAME, "WithOptions is with_options in Python, which every client has already"],
  ],
  colliding: ["Listen(", "GetNOTE(", [9, NAME, "GetNOTE is get_note in Python, and so is GetNote"]],
  snaky: [
    "Listen(",
    "get_note(",
    [9, NAME, "get_note is GetNote in Go, and so is GetNote"],
    [9, NAME, "get_note is get_note in Python, and so is GetNote"],
  ],
};

const FOUND = lint({
  "acme/public/v1/public.proto":
    'syntax = "proto3"; package acme.public.v1; import public "ameide/policy/v1/policy.proto";',
  ...Object.fromEntries(
    Object.entries(PLANTED).map(([name, [from, to]]) => [
      fileOf(name),
      CLEAN.replace(from, to).replaceAll("NAME", name),
    ]),
  ),
});

test.each(Object.entries(PLANTED))("%s", (name, [from, , ...says]) => {
  expect(CLEAN).toContain(from);
  const found = FOUND.filter(({ path }) => path === `${MODULE}/${fileOf(name)}`);
  expect(found.map(({ start_line, type }) => [start_line, type])).toEqual(
    says.map(([line, id]) => [line, id]),
  );
  for (const [index, [, , text]] of says.entries()) {
    expect(found[index]?.message).toContain(text);
  }
});

test("every rule has a planted violation", () => {
  expect([...new Set(FOUND.map(({ type }) => type))].toSorted()).toEqual([
    "AMEIDE_FILE_ONE_SERVICE",
    "AMEIDE_RPC_IDEMPOTENCY_LEVEL",
    PAGES,
    NAME,
    "AMEIDE_RPC_TENANT",
  ]);
});

function fileOf(name: string): string {
  return `acme/${name}/v1/notes.proto`;
}
