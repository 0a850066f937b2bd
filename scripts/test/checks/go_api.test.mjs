// @ts-check
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { differences } from "../../checks/api_report.mjs";
import { goFolders, goReports } from "../../checks/go_api.mjs";

const SOURCE = `// Package porch is in front.
//
// # Doors
//
//	porch.Open()
package porch

// Kinds of doors.
const (
	// Wooden is one.
	Wooden Kind = "wooden"
	Iron   Kind = "iron"
)

// A Kind of door.
type Kind string

// A Door opens.
type Door struct {
	// Kind is what it is made of.
	Kind  Kind
	Width int
	bell  bool
}

// Open opens it.
func (d *Door) Open(far bool) error { d.bell = far; return nil }

// New makes a door.
func New(kind Kind) *Door { return &Door{Kind: kind} }

func hidden() {}
`;

const FILES = {
  "packages/sdk-porch/go.mod": "module example.com/porch\n\ngo 1.26.0\n",
  "packages/sdk-porch/porch.go": SOURCE,
  "packages/sdk-porch/step/step.go": "package step\n\n// Up goes up.\nfunc Up() {}\n",
  "packages/sdk-porch/internal/nail/nail.go": "package nail\n\n// Hit it.\nfunc Hit() {}\n",
  "packages/sdk-porch/cmd/main.go": "package main\n\nfunc main() {}\n",
};

const REPORT = `package porch

TYPES

type Door struct {
	Kind Kind
	Width int
	// Has unexported fields.
}

func New(kind Kind) *Door

func (d *Door) Open(far bool) error

type Kind string

const (
	Wooden Kind = "wooden"
	Iron Kind = "iron"
)
`;

const hasGo = spawnSync("go", ["version"]).status === 0;

describe.skipIf(!hasGo)("goReports", { timeout: 60_000 }, () => {
  it("says what can be imported, without the words about it", async () => {
    const reports = await reportsOf(FILES);
    expect([...reports.keys()].toSorted()).toEqual(["porch.txt", "step.txt"]);
    expect(reports.get("porch.txt")).toBe(REPORT);
  });

  it("differs where the API does, and not where words or hidden code do", async () => {
    const committed = await reportsOf(FILES);
    /** @param {string} from @param {string} to */
    const changed = async (from, to) => {
      expect(SOURCE).toContain(from);
      const source = SOURCE.replace(from, to);
      return differences(
        committed,
        await reportsOf({ ...FILES, "packages/sdk-porch/porch.go": source }),
      );
    };
    expect(await changed("far bool) error", "far, wide bool) error")).toEqual([
      'porch.txt:13: says "func (d *Door) Open(far bool) error", the build "func (d *Door) Open(far, wide bool) error"',
    ]);
    expect(await changed("// Kind is what it is made of.\n", "// Kind.\n")).toEqual([]);
    expect(await changed("func hidden() {}", "func hidden() int { return 1 }")).toEqual([]);
  });
});

it("knows the modules by their folders", () => {
  const files = ["packages/sdk-go/go.mod", "packages/sdk-go/conformance/go.mod", "tools/go.mod"];
  expect(goFolders(files)).toEqual(["packages/sdk-go"]);
});

/** @param {Record<string, string>} files */
async function reportsOf(files) {
  return goReports(join(plant(files).root, "packages/sdk-porch"));
}
