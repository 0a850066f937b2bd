import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runScript } from "@ameideio/scripts/missing_tool.mjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goProxy, wheelsIn } from "../harness/packed/packed.js";
import { readRecipe } from "../harness/recipes/page.js";
import { serve, type Server, type } from "../harness/recipes/shell.js";

// A module of somebody else, outside of the workspace, over what is packed: it ends with a roster in
// three languages, which the manifest says are alike.

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const LONG = { timeout: 600_000 };
const VERDICT = "repeated, up to 3 attempts: NOT_SENT, and what the server asks to repeat; ";

let folder: string;
let cwd: string;
let env: Readonly<Record<string, string>>;
let server: Server;

/** The blocks of commands in the example's README, each a list of lines. */
async function blocks(): Promise<string[][]> {
  const text = await readFile(join(ROOT, "examples/bring-your-own/README.md"), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, lines = ""]) =>
    lines.trimEnd().split("\n"),
  );
}

/** Types lines, but for those that install what is packed here already; gives what was printed last. */
async function typeAll(lines: readonly string[]): Promise<string> {
  let printed = "";
  for (const line of lines) {
    if (!/^(go install|pip install|go mod edit -replace) /.test(line)) {
      printed = await type(line, { cwd, env });
    }
  }
  return printed;
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "ameide-bring-")));
  cwd = join(folder, "examples/bring-your-own");
  const filter = (path: string) => !/\/(node_modules|dist|gen|package-lock\.json)$/.test(path);
  await cp(join(ROOT, "examples/bring-your-own"), cwd, { recursive: true, filter });
  const script = (...args: string[]) => runScript([process.execPath, ...args]);
  await script("scripts/tarballs.mjs", join(folder, ".cache/tarballs"));
  const bin = (await script("scripts/python_env.mjs")).trim();
  const plugins = await Promise.all(
    [
      "google.golang.org/protobuf/cmd/protoc-gen-go",
      "connectrpc.com/connect/cmd/protoc-gen-connect-go",
    ].map((path) => script("scripts/go_tool.mjs", path)),
  );
  const modules = ["packages/sdk-go", "packages/core-proto/go", "packages/core-proto/policy-go"];
  const site = await wheelsIn(folder, {
    python: join(bin, "python"),
    distributions: ["packages/core-proto/python", "packages/sdk-python"],
  });
  env = {
    ...(await goProxy(join(folder, "go"), modules)),
    PATH: [dirname(plugins[0] ?? ""), bin, process.env["PATH"]].join(delimiter),
    PYTHONPATH: site,
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_prefer_offline: "true",
  };
  const [first = []] = await blocks();
  await typeAll(first.slice(0, -1));
  server = serve(first.at(-1) ?? "", { cwd, env: { ...env, PORT: "0" } });
  const [, baseUrl = ""] = await server.printed(/listening on (\S+)/);
  env = { ...env, BASE_URL: baseUrl };
}, 600_000);

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("examples/bring-your-own", () => {
  it("calls what is not ours, in three languages, and explains it alike", LONG, async () => {
    const [, typescript = [], go = [], python = []] = await blocks();
    for (const lines of [typescript, go, python]) {
      const printed = (await typeAll(lines)).trimEnd().split("\n");
      expect(printed).toContain("anvil");
      expect(printed.at(-1)?.trim()).toBe(
        `${VERDICT}it states no idempotency level and carries no key`,
      );
      const values = printed.map((line) => line.trim().split(/\s+/).slice(0, 2).join(" "));
      expect(values).toContain('idempotency "unknown"');
      expect(values).toContain('tenantMode "optional"');
      expect(values).toContain("tenant null");
    }
  });

  it("has every service and method in every language", LONG, async () => {
    const lines = (await blocks()).at(-1) ?? [];
    const readme = await readFile(join(cwd, "README.md"), "utf8");
    expect(readme).toContain(`\`\`\`\n${await typeAll(lines)}\`\`\``);
  });

  it("is red of a method that its stubs lack", LONG, async () => {
    const path = join(cwd, "proto/acme/orders/v2/orders.proto");
    const text = await readFile(path, "utf8");
    const rpc = "rpc GetOrder(GetOrderRequest) returns (GetOrderResponse);";
    await writeFile(path, text.replace(rpc, `${rpc}\n${rpc.replace(" GetOrder(", " ReadOrder(")}`));
    try {
      const lines = (await blocks()).at(-1) ?? [];
      const green = lines.filter((line) => !line.includes(" surface --"));
      const failed = await typeAll(green).catch((error: Error) => error.message);
      for (const sdk of ["ts", "go", "python"]) {
        expect(failed).toMatch(new RegExp(`^${sdk} .*OrdersService +ReadOrder +missing`, "m"));
      }
    } finally {
      await writeFile(path, text);
    }
  });
});

describe("docs/bring-your-own.md: Set up a workspace", () => {
  it("says nothing in the SDKs before it is confirmed, then what is", LONG, async () => {
    await rm(join(cwd, "buf.gen.yaml"));
    const { commands } = readRecipe("bring-your-own.md", "Set up a workspace");
    const lines = commands.map(({ line }) => line);
    const at = lines.indexOf("npx ameide-manifest confirm");
    expect(at).toBeGreaterThan(1);
    await writeFile(join(cwd, "pyproject.toml"), "");
    await rm(join(cwd, "gen"), { recursive: true });
    await typeAll(lines.slice(0, at));
    const read = (name: string) => readFile(join(cwd, name), "utf8");
    expect(await read("ameide.policy.json")).toBe("{}\n");
    const review = await read("ameide.review.json");
    expect(review).toContain('"method": "acme.orders.v2.OrdersService/GetOrder"');
    await writeFile(join(cwd, "ameide.review.json"), review.replaceAll(": false", ": true"));
    expect(await typeAll(lines.slice(at))).toBe("ameide.policy.json: good\n");
    expect(await read("ameide.policy.json")).toContain("IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS");
    const [, typescript = [], go = [], python = []] = await blocks();
    for (const rest of [typescript, go.slice(-1), python]) {
      expect(await typeAll(rest)).toContain("anvil");
    }
  });

  it("lints by the plugin that is packed", LONG, async () => {
    const { files, commands } = readRecipe("bring-your-own.md", "Lint your protos");
    const before = await readFile(join(cwd, "buf.yaml"), "utf8");
    await writeFile(join(cwd, "buf.yaml"), files.get("buf.yaml") ?? "");
    try {
      const lines = commands.map(({ line }) => line);
      const failed = await typeAll(lines).catch((error: Error) => error.message);
      expect(failed).toMatch(
        /^proto\/acme\/orders\/v1\/orders\.proto:\d+:\d+:AMEIDE_RPC_IDEMPOTENCY_LEVEL: /m,
      );
      expect(failed).not.toContain("field_info.proto");
    } finally {
      await writeFile(join(cwd, "buf.yaml"), before);
    }
  });

  it(
    "starts in Go with policy.proto and Google's protos beside the SDK's, by an older template",
    LONG,
    async () => {
      await type("npx ameide-manifest init --vendor", { cwd, env });
      const modules = [
        "proto",
        "third_party/ameide",
        "node_modules/@ameideio/ameide-sdk-ts/dist/googleapis",
      ].map((module) => ({ path: module }));
      await writeFile(join(cwd, "buf.yaml"), JSON.stringify({ version: "v2", modules }));
      const path = join(cwd, "proto/acme/orders/v1/orders.proto");
      const text = await readFile(path, "utf8");
      const rpc = "rpc CreateOrder(CreateOrderRequest) returns (CreateOrderResponse)";
      const keyed = text
        .replace(`${rpc};`, `${rpc} { option (ameide.policy.v1.idempotency_key) = true; }`)
        .replace(
          "package acme.orders.v1;",
          '$&\nimport "ameide/policy/v1/policy.proto";\nimport "google/api/field_info.proto";',
        )
        .replace(
          "message CreateOrderRequest {",
          "$&\n  string request_id = 99 [(google.api.field_info).format = UUID4];",
        );
      await writeFile(path, keyed);
      await typeAll(["npx buf generate --template buf.gen.ameide.yaml", "go mod tidy"]);
      expect(await type("go list -deps .", { cwd, env })).toContain(
        "ameide-policy-go/ameide/policy",
      );
      const [, typescript = [], , python = []] = await blocks();
      for (const lines of [["go run ."], typescript, python]) {
        const printed = await typeAll(lines);
        expect(printed).toMatch(/carriesIdempotencyKey +true +\(proto: acme\.orders\.v1/);
      }
    },
  );
});
