import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { describe, expect, test } from "vitest";
import { type Age, protoOf, textOf } from "../harness/skew/contract.js";
import { programOf } from "../harness/skew/programs.js";
import { startSkewServer, type Task } from "../harness/skew/server.js";
import { GO } from "../harness/snippets/go.js";
import { PYTHON } from "../harness/snippets/python.js";
import { TYPESCRIPT } from "../harness/snippets/typescript.js";

// A client of a module one minor version older than the server's, and one of a newer: every kind of method, binary
// and JSON. docs/compatibility.md says what holds.

const LONG_MS = 600_000;

/** What a client of an age prints, and what the server of the other reads. */
const EXPECTED: Record<Age, { readonly printed: string; readonly received: Partial<Task>[] }> = {
  older: {
    printed: `
binary get Write 2
binary watch Write 2
binary watch Write 2
binary put 2
binary sync Write 2
binary sync Write 2
json get Write 0
json watch Write 0
json watch Write 0
json put 2
json sync Write 0
json sync Write 0`,
    received: [
      // Binary keeps what the older client does not know, JSON drops it.
      ...twice({ title: "Write", priority: 2, owner: "ann" }),
      ...twice({ title: "Write", priority: 0, owner: "" }),
    ],
  },
  newer: {
    printed: `
binary get Write 1
binary watch Write 1
binary watch Write 1
binary put 2
binary sync Write 2 bob
binary sync Write 2 bob
binary close unimplemented
json get Write 1
json watch Write 1
json watch Write 1
json put 2
json sync Write 0
json sync Write 0
json close unimplemented`,
    received: [
      ...twice({ title: "Write", priority: 2 }),
      ...twice({ title: "Write", priority: 0 }),
    ],
  },
};

describe.each([TYPESCRIPT, GO, PYTHON])("$name", (language) => {
  test.for(["older", "newer"] as const)(
    "a client of the %s module calls a server of the other",
    { timeout: LONG_MS },
    async (age, { skip }) => {
      const program = {
        name: `skew ${age}`,
        code: programOf(language.tag, age),
        promised: [],
      };
      const protos = new Map([[protoOf(age), textOf(age)]]);
      const compiled = await language.compile([program], protos).catch((error: unknown) => {
        if (error instanceof MissingTool && !inCi()) {
          return error;
        }
        throw error;
      });
      if (compiled instanceof MissingTool) {
        return skip(compiled.message);
      }
      const server = await startSkewServer(age === "older" ? "newer" : "older");
      try {
        const printed = await compiled.run(program, server.url);
        expect(printed.filter((line) => line !== "")).toEqual(
          EXPECTED[age].printed.trim().split("\n"),
        );
        expect(server.takeReceived()).toMatchObject(EXPECTED[age].received);
      } finally {
        await server.close();
        await compiled.remove();
      }
    },
  );
});

function twice<T>(value: T): T[] {
  return [value, value];
}
