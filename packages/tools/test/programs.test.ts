import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));
const { bin } = JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as {
  readonly bin: Readonly<Record<string, string>>;
};

function run(program: string, input: Uint8Array, ...args: string[]) {
  return spawnSync(process.execPath, [`${folder}${bin[program]}`, ...args], { input });
}

it("ameide-manifest has the commands for modules of others", () => {
  const { status, stdout } = run("ameide-manifest", new Uint8Array(), "--help");
  expect(status).toBe(0);
  const commands = [...stdout.toString().matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name);
  expect(commands).toEqual(["init", "confirm", "emit", "surface", "check", "diff"]);
});

it("ameide-manifest ends with its exit code where nobody reads on", async () => {
  const program = spawn(process.execPath, [`${folder}${bin["ameide-manifest"]}`, "--help"]);
  program.stdout.destroy();
  const said = text(program.stderr);
  const [code] = (await once(program, "close")) as [number];
  expect({ code, said: await said }).toEqual({ code: 0, said: "" });
});

it.each([
  ["protoc-gen-ameide", "target=js,roster=acme", "roster.js"],
  ["protoc-gen-ameide-go", "roster=acme", "roster/roster.go"],
  ["protoc-gen-ameide-python", "roster=acme", "roster.py"],
])("%s writes a roster", (program, parameter, file) => {
  const name = "acme/v1/shop.proto";
  const request = create(CodeGeneratorRequestSchema, {
    parameter,
    fileToGenerate: [name],
    protoFile: [
      {
        name,
        package: "acme.v1",
        syntax: "proto3",
        options: { goPackage: "acme.example/v1" },
        service: [{ name: "ShopService" }],
      },
    ],
  });
  const { stdout } = run(program, toBinary(CodeGeneratorRequestSchema, request));
  const written = fromBinary(CodeGeneratorResponseSchema, stdout).file.map((each) => each.name);
  expect(written).toContain(file);
});

it("buf-plugin-ameide speaks Buf's protocol", () => {
  const { status, stdout } = run("buf-plugin-ameide", new Uint8Array(), "--protocol");
  expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: "1\n" });
  const listed = run("buf-plugin-ameide", new Uint8Array(), "list-rules", "--format", "json");
  expect(listed.stdout.toString()).toContain("AMEIDE_RPC_TENANT");
});

it("comes with the sources of inspectors, without their tests, and with policy.proto", () => {
  expect(readdirSync(`${folder}dist/_inspector_go`)).toContain("inspection.go");
  expect(readdirSync(`${folder}dist/_inspector_go`)).not.toContain("clients_test.go");
  expect(readdirSync(`${folder}dist/_inspector_python`)).toContain("inspector.py");
  expect(existsSync(`${folder}dist/policy.proto`)).toBe(true);
});
