import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runScript } from "@ameideio/scripts/missing_tool.mjs";
import { type } from "../recipes/shell.js";
import { generateStubs, templateOf } from "./generate.js";
import type { SnippetLanguage } from "./language.js";

const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));
const README = "packages/sdk-go/README.md";
const MODULE = "example.com/my-service";
const SDK = "github.com/ameideio/ameide-sdk-go";
const STUBS = "github.com/ameideio/ameide-core-proto-go";
const PLUGINS = [
  "google.golang.org/protobuf/cmd/protoc-gen-go",
  "connectrpc.com/connect/cmd/protoc-gen-connect-go",
];

/** The packages that a part of a program may use, by their names. */
const PACKAGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["context", "errors", "fmt", "log", "os", "slices", "testing", "time"].map((p) => [p, p]),
  ),
  http: "net/http",
  signal: "os/signal",
  strings: "strings",
  synctest: "testing/synctest",
  syscall: "syscall",
  connect: "connectrpc.com/connect",
  ameide: SDK,
  ameidetest: `${SDK}/ameidetest`,
  client: `${SDK}/client`,
  events: `${SDK}/events`,
  fixtures: `${SDK}/fixtures`,
};

/**
 * A snippet is a program, declarations, or statements. Programs are run as they are. The others are part of one test
 * program, with the imports that they leave out. Statements have `ctx`, `baseURL`, and `transport` and `threads` for
 * the tenant acme, unless they make their own.
 */
export const GO: SnippetLanguage = {
  name: "Go",
  tag: "go",
  readme: README,
  async compile(snippets, protos) {
    // Says what to install where there is no Go, before anything is made.
    const plugins = await Promise.all(
      PLUGINS.map((path) => runScript([process.execPath, "scripts/go_tool.mjs", path])),
    );
    const parent = await mkdtemp(join(tmpdir(), "ameide-go-"));
    const remove = () => rm(parent, { recursive: true, force: true });
    try {
      const folder = join(parent, "my-service");
      await symlink(ROOT, join(parent, "ameide-sdks"));
      await mkdir(folder);
      const paths = plugins.map((path) => path.trim());
      const pathOf = (plugin: string) => paths.find((path) => basename(path) === plugin);
      await generateStubs(folder, protos, templateOf("Stubs in Go", pathOf));
      for (const [i, { code }] of snippets.entries()) {
        const file = join(folder, isProgram(code) ? `program${i}/main.go` : `snippet${i}_test.go`);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, isProgram(code) ? code : testOf(code, i, protos));
      }
      await writeFile(join(folder, "ambient_test.go"), AMBIENT);
      await type(`go mod init ${MODULE}`, { cwd: folder });
      for (const line of await installLines()) {
        await type(line, { cwd: folder });
      }
      await type("go vet ./... && go test -c -o bin/ . && go build -o bin/ ./program*", {
        cwd: folder,
      });
      return { run: (snippet, baseUrl) => run(folder, snippets.indexOf(snippet), baseUrl), remove };
    } catch (error) {
      await remove();
      throw error;
    }

    async function run(folder: string, i: number, baseUrl: string): Promise<readonly string[]> {
      const code = snippets[i]?.code ?? "";
      const tests = namesOf(code, i).join("|");
      const [program, args] = isProgram(code)
        ? [`program${i}`, []]
        : ["my-service.test", [`-test.run=^(${tests})$`, "-test.v"]];
      const env = { ...process.env, BASE_URL: baseUrl };
      const { stdout } = await promisify(execFile)(join(folder, "bin", program), args, { env });
      if (/no tests to run/.test(stdout)) {
        throw new Error("it declares no test");
      }
      return stdout.split("\n");
    }
  },
};

// The lines of the README for a clone, which stands beside the module there.
async function installLines(): Promise<string[]> {
  const text = await readFile(join(ROOT, README), "utf8");
  const block = /^```sh\n(go mod edit .*?)^```$/ms.exec(text)?.[1];
  if (block === undefined) {
    throw new Error(`${README} does not say how to install from a clone`);
  }
  return block.trimEnd().split("\n");
}

function isProgram(code: string): boolean {
  return /^package main$/m.test(code);
}

function testOf(snippet: string, i: number, protos: ReadonlyMap<string, string>): string {
  const declares = /^(?:func|type) /m.test(snippet);
  const whole = declares
    ? snippet
    : `func TestSnippet${i}(t *testing.T) {
	run(t, func(ctx context.Context, baseURL string, transport *ameide.Transport, threads threadsv1connect.ThreadsServiceClient) error {
		{
${snippet}
		}
		return nil
	})
}
`;
  const code = whole.replaceAll(/(?:^|\s)\/\/ .*$/gm, "");
  const used = new Set([...code.matchAll(/(?<![\w.])([a-z]\w*)\.[A-Z]/g)].map(([, name]) => name));
  const imports = [...used].flatMap((name = "") => {
    const path = PACKAGES[name] ?? pathOfStubs(name, protos);
    return path === undefined ? [] : [`\t${name} "${path}"`];
  });
  return `package snippets\n\nimport (\n${imports.join("\n")}\n)\n\n${whole}`;
}

function pathOfStubs(name: string, protos: ReadonlyMap<string, string>): string | undefined {
  const [, api, version, connect] = /^([a-z]+)(v\d+)(connect)?$/.exec(name) ?? [];
  if (api === undefined) {
    return undefined;
  }
  const isOwn = [...protos.keys()].some((path) => path.startsWith(`proto/${api}/`));
  const module = isOwn ? `${MODULE}/gen` : `${STUBS}/ameide`;
  const path = `${module}/${api}/${version}`;
  return connect === undefined ? path : `${path}/${name}`;
}

/** The tests that a snippet is, or has. */
function namesOf(code: string, i: number): string[] {
  const own = [...code.matchAll(/^func (Test\w+)\(/gm)].map(([, name = ""]) => name);
  return own.length > 0 ? own : [`TestSnippet${i}`];
}

const AMBIENT = `package snippets

import (
	"context"
	"os"
	"testing"

	"${STUBS}/ameide/threads/v1/threadsv1connect"

	"${SDK}"
)

func run(
	t *testing.T,
	snippet func(context.Context, string, *ameide.Transport, threadsv1connect.ThreadsServiceClient) error,
) {
	baseURL := os.Getenv("BASE_URL")
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	threads := ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	if err := snippet(t.Context(), baseURL, transport, threads); err != nil {
		t.Fatal(err)
	}
}
`;
