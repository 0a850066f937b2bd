import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fromBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "./harness/run.js";
import {
  confirm,
  init,
  proto,
  read,
  reviewIn,
  reviewOf,
  ROOT,
  run,
  SHOP,
  workspace,
} from "./harness/workspace.js";

describe("init", () => {
  it("writes template, review and an empty policy, and leaves the rest as it is", async () => {
    const folder = workspace(SHOP);
    const before = read(folder, "buf.yaml");
    const { code, stdout, stderr } = await init(folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(
      "2 methods: 0 declare an idempotency level; a level is suggested for 1, none for 1.",
    );
    expect(readdirSync(folder).sort()).toEqual(
      [
        "ameide.policy.json",
        "ameide.review.json",
        "buf.gen.ameide.yaml",
        "buf.yaml",
        "proto",
      ].sort(),
    );
    expect(read(folder, "buf.yaml")).toBe(before);
    expect(read(folder, "ameide.policy.json")).toBe("{}\n");
    expect(read(folder, "buf.gen.ameide.yaml")).toContain("- roster=acme\n");
  });

  it("suggests a level, with its reason", async () => {
    const folder = workspace({
      "acme/shop/v1/shop.proto": proto("acme.shop.v1", {
        GetItem: "",
        BatchGetItems: "",
        UpdateItem: "",
        DeleteItem: "",
        CreateItem: "",
        Getaway: "",
        ListItems: 'option (google.api.http) = {post: "/items"};',
        Find: 'option (google.api.http) = {get: "/items"};',
        Declared: "option idempotency_level = IDEMPOTENT;",
        CreateDeclared: "option idempotency_level = NO_SIDE_EFFECTS;",
        GetUploads: "stream",
      }),
    });
    expect((await init(folder)).code).toBe(0);
    const found = reviewIn(folder).map(({ method, idempotencyLevel, reason, confirmed }) => {
      expect(confirmed).toBe(false);
      return [method.split("/")[1], idempotencyLevel, reason];
    });
    expect(found).toEqual([
      ["GetItem", "IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS", "Get… reads (AIP-131)"],
      ["BatchGetItems", "IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS", "BatchGet… reads (AIP-231)"],
      ["UpdateItem", "IDEMPOTENCY_LEVEL_IDEMPOTENT", expect.stringContaining("AIP-134")],
      ["DeleteItem", "IDEMPOTENCY_LEVEL_IDEMPOTENT", expect.stringContaining("AIP-135")],
      ["CreateItem", null, expect.stringContaining("may create a second one")],
      ["Getaway", null, "its name does not say what a repeat does"],
      ["ListItems", null, "it is named List…, but google.api.http says POST"],
      ["Find", "IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS", expect.stringContaining("says GET")],
      ["GetUploads", null, "it streams its requests, which no SDK sends again"],
    ]);
  });

  it.each([
    "GetOrCreateUser GetAndIncrement GetAndLock GetNextTask GetNextSequence GetOneTimeToken",
    "ListAndDelete ListAndAck ListRotateKeys GetNewApiKey GetStreamAndBill GetOrInsert",
    "BatchGetOrCreate BatchGetAndDelete Get_or_create get_or_create GetItemThenLOCK",
    "UpdateIncrement UpdateAppend UpdateCounter UpdateOrCreate UpdateAndNotify BatchUpdateAppend",
    "DeleteOldest DeleteNext DeleteOne DeleteLatest DeleteAndCharge BatchDeleteAndRefund",
  ])("suggests no level where a name says more than its verb: %s", async (names) => {
    const methods = Object.fromEntries(names.split(" ").map((name) => [name, ""]));
    const folder = workspace({ "acme/shop/v1/shop.proto": proto("acme.shop.v1", methods) });
    expect((await init(folder)).code).toBe(0);
    const reviewed = reviewIn(folder);
    expect(reviewed).toHaveLength(Object.keys(methods).length);
    for (const { method, idempotencyLevel, reason } of reviewed) {
      expect([method, idempotencyLevel]).toEqual([method, null]);
      expect(reason).not.toBe("");
    }
  });

  it("suggests no level where google.api.http disagrees with a name", async () => {
    const http = (rule: string) => `option (google.api.http) = {${rule}};`;
    const methods = {
      GetPatched: http('patch: "/a"'),
      ListPatched: http('patch: "/a"'),
      GetLocked: http('custom: {kind: "LOCK" path: "/a"}'),
      GetBoth: http('get: "/a" additional_bindings {post: "/b" body: "*"}'),
      GetWithBody: http('get: "/a" body: "*"'),
      GetPut: http('put: "/a"'),
      RunWithBody: http('get: "/a" body: "*"'),
      CreateItem: http('get: "/a"'),
      UpdatePosted: http('post: "/a" body: "*"'),
      DeletePosted: http('post: "/a" body: "*"'),
      DeleteRead: http('get: "/a"'),
      AppendItem: http('put: "/a" body: "*"'),
      FetchNext: http('get: "/a"'),
    };
    const folder = workspace({ "acme/shop/v1/shop.proto": proto("acme.shop.v1", methods) });
    expect((await init(folder)).code).toBe(0);
    expect(
      reviewIn(folder).map(({ method, idempotencyLevel }) => [method, idempotencyLevel]),
    ).toEqual(Object.keys(methods).map((name) => [`acme.shop.v1.ShopService/${name}`, null]));
  });

  it("suggests a level where google.api.http says what the name does", async () => {
    const http = (rule: string) => `option (google.api.http) = {${rule}};`;
    const [safe, idempotent] = ["NO_SIDE_EFFECTS", "IDEMPOTENT"];
    const methods = {
      GetOrder: [http('get: "/a"'), safe],
      ListOrganizations: [http('get: "/a" additional_bindings {get: "/b"}'), safe],
      GetNextcloudUser: ["", safe],
      GetLatestVersion: ["", safe],
      UpdateOrder: [http('patch: "/a" body: "*"'), idempotent],
      UpdateAndroidApp: [http('put: "/a" body: "*"'), idempotent],
      BatchDeleteOrders: [http('post: "/a" body: "*"'), idempotent],
      DeleteOrder: [http('delete: "/a"'), idempotent],
    } as const;
    const options = Object.entries(methods).map(([name, [option]]) => [name, option]);
    const folder = workspace({
      "acme/shop/v1/shop.proto": proto("acme.shop.v1", Object.fromEntries(options)),
    });
    expect((await init(folder)).code).toBe(0);
    expect(
      reviewIn(folder).map(({ method, idempotencyLevel }) => [
        method.split("/")[1],
        idempotencyLevel?.replace("IDEMPOTENCY_LEVEL_", ""),
      ]),
    ).toEqual(Object.entries(methods).map(([name, [, level]]) => [name, level]));
  });

  it("takes a level that is declared to be unknown for declared", async () => {
    const unknown = "option idempotency_level = IDEMPOTENCY_UNKNOWN;";
    const methods = { GetItem: unknown, ListItems: "" };
    const folder = workspace({ "acme/shop/v1/shop.proto": proto("acme.shop.v1", methods) });
    const { stdout } = await init(folder);
    expect(stdout).toContain("2 methods: 1 declare an idempotency level");
    expect(reviewIn(folder).map(({ method }) => method)).toEqual([
      "acme.shop.v1.ShopService/ListItems",
    ]);
  });

  it("puts the area in front of names that clash", async () => {
    const service = (area: string, version: string) => ({
      [`acme/${area}/${version}/x.proto`]: proto(`acme.${area}.${version}`, { Get: "" }),
    });
    const imported = proto("acme.odd.v1", { Get: "" }, "ImportService");
    const folder = workspace({
      ...service("north", "v1"),
      ...service("far_south", "v1"),
      ...service("north", "v2"),
      "acme/odd/v1/x.proto": imported,
    });
    expect((await init(folder)).code).toBe(0);
    expect(read(folder, "buf.gen.ameide.yaml").match(/name=.*/g)).toEqual([
      "name=acme.odd.v1.ImportService:oddImport",
      "name=acme.far_south.v1.ShopService:farSouthShop",
      "name=acme.north.v1.ShopService:northShop",
    ]);
  });

  it("keeps the names of services where others come and go", async () => {
    const cart = (area: string) => proto(`acme.${area}.v1`, { Get: "" }, "CartService");
    const folder = workspace({ "acme/cart/v1/cart.proto": cart("cart") });
    const add = (area: string) => {
      mkdirSync(join(folder, `proto/acme/${area}/v1`), { recursive: true });
      writeFileSync(join(folder, `proto/acme/${area}/v1/cart.proto`), cart(area));
    };
    const named = () => read(folder, "buf.gen.ameide.yaml").match(/name=.*/g);
    await init(folder);
    expect(named()).toBe(null);
    add("admin");
    const { stdout } = await init(folder, "--force");
    expect(stdout).toContain("acme.admin.v1.CartService is adminCart, as its name clashes\n");
    expect(named()).toEqual(["name=acme.admin.v1.CartService:adminCart"]);
    expect(reviewOf(folder)).toMatchObject({
      names: { "acme.admin.v1.CartService": "adminCart", "acme.cart.v1.CartService": "cart" },
    });
    const mine = read(folder, "buf.gen.ameide.yaml").replace(":adminCart", ":backOffice");
    writeFileSync(join(folder, "buf.gen.ameide.yaml"), mine);
    add("sales");
    await init(folder, "--force");
    expect(named()).toEqual([
      "name=acme.admin.v1.CartService:backOffice",
      "name=acme.sales.v1.CartService:salesCart",
    ]);
    rmSync(join(folder, "proto/acme/cart"), { recursive: true });
    rmSync(join(folder, "buf.gen.ameide.yaml"));
    await init(folder);
    expect(named()).toHaveLength(2);
  });

  it("writes a template that emit takes names and packages from", async () => {
    const folder = workspace({
      "acme/a/v1/x.proto": proto("acme.a.v1", { Get: "" }),
      "acme/b/v1/x.proto": proto("acme.b.v1", { Get: "" }),
    });
    await init(folder);
    const image = join(folder, "image.binpb");
    execFileSync(`${ROOT}node_modules/.bin/buf`, ["build", "-o", image], { cwd: folder });
    const emit = async (name: string, text?: string) => {
      const template = join(folder, name);
      if (text !== undefined) {
        writeFileSync(template, text);
      }
      return run("emit", "--image", image, "--template", template);
    };
    const { code, stdout } = await emit("buf.gen.ameide.yaml");
    expect(code).toBe(0);
    expect(stdout.match(/"typescript": "\w+Shop"/g)).toEqual([
      '"typescript": "aShop"',
      '"typescript": "bShop"',
    ]);
    const flow =
      "plugins: [{local: x, opt: [roster=acme.a]}] # roster=acme.b, name=acme.a.v1.S:s\n";
    expect((await emit("flow.yaml", flow)).stdout).not.toContain("acme.b.v1.ShopService");
    const none = await emit("none.yaml", "plugins: []\n");
    expect(none).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/none\.yaml has no plugin/),
    });
    expect((await emit("gone.yaml")).stderr).toMatch(/gone\.yaml cannot be read: there is no/);
  });

  it("says what its template needs and the workspace lacks", async () => {
    const folder = workspace(SHOP);
    writeFileSync(join(folder, "go.mod"), "module acme.example/shop\n");
    writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
    const bin = temporaryFolder();
    vi.stubEnv("PATH", bin);
    symlinkSync(`${ROOT}node_modules/.bin/buf`, join(bin, "buf"));
    symlinkSync(process.execPath, join(bin, "node"));
    writeFileSync(join(bin, "protoc-gen-py"), "", { mode: 0o755 });
    const all = ["ts", "go", "python"].flatMap((each) => ["--language", each]);
    const lacking = async () =>
      (await init(folder, ...all)).stdout.split("\n").filter((line) => line.startsWith("  "));
    const go = [
      "  go install google.golang.org/protobuf/cmd/protoc-gen-go@latest # protoc-gen-go is not on the PATH",
      "  go install connectrpc.com/connect/cmd/protoc-gen-connect-go@latest # protoc-gen-connect-go is not on the PATH",
    ];
    const python = [
      "  pip install protoc-gen-connectrpc # protoc-gen-connectrpc is not on the PATH",
    ];
    expect(await lacking()).toEqual([
      ...go,
      ...python,
      "  npm pkg set type=module # stubs in gen/ts are ES modules",
    ]);
    writeFileSync(join(bin, "protoc-gen-connectrpc"), "", { mode: 0o755 });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    expect(await lacking()).toEqual(go);
  });

  it("leaves a template that is edited, but with --force", async () => {
    const folder = workspace(SHOP);
    await init(folder);
    const written = read(folder, "buf.gen.ameide.yaml");
    writeFileSync(join(folder, "buf.gen.ameide.yaml"), written.replace("gen/ts", "generated"));
    const { code, stdout } = await init(folder);
    expect(code).toBe(0);
    expect(stdout).toContain("left buf.gen.ameide.yaml as it is, which is edited: with --force");
    expect(read(folder, "buf.gen.ameide.yaml")).toContain("out: generated\n");
    confirm(folder, ({ method }) => ({ confirmed: method.endsWith("GetItem") }));
    writeFileSync(join(folder, "ameide.policy.json"), '{"default":{"maxAttempts":4}}');
    expect((await init(folder, "--force")).code).toBe(0);
    expect(read(folder, "buf.gen.ameide.yaml")).toBe(written);
    expect(reviewIn(folder).map(({ confirmed }) => confirmed)).toEqual([true, false]);
    expect(read(folder, "ameide.policy.json")).toBe('{"default":{"maxAttempts":4}}');
  });

  it("adds what is new to what a person has decided, without --force", async () => {
    const folder = workspace(SHOP);
    await init(folder);
    expect((await init(folder)).stdout).toMatch(
      /^unchanged buf\.gen\.ameide\.yaml\nunchanged ameide\.review\.json\nunchanged .*\n\n/,
    );
    const decided = { idempotencyLevel: "IDEMPOTENCY_LEVEL_IDEMPOTENT" };
    confirm(folder, ({ method }) =>
      method.endsWith("CreateItem") ? decided : { confirmed: true },
    );
    const before = reviewIn(folder);
    const more = { GetItem: "", CreateItem: "", ListItems: "" };
    writeFileSync(join(folder, "proto/acme/shop/v1/shop.proto"), proto("acme.shop.v1", more));
    const added = workspace({ "other/x/v1/x.proto": proto("other.x.v1", { Get: "" }, "XService") });
    cpSync(join(added, "proto/other"), join(folder, "proto/other"), { recursive: true });
    const checked = await init(folder, "--check");
    expect(checked).toEqual({
      code: 1,
      stdout: `would write buf.gen.ameide.yaml
would write ameide.review.json
unchanged ameide.policy.json
`,
      stderr: "",
    });
    expect(reviewIn(folder)).toEqual(before);
    expect((await init(folder)).stdout).toContain("wrote ameide.review.json\n");
    expect(reviewIn(folder)).toEqual([
      ...before,
      expect.objectContaining({ method: "acme.shop.v1.ShopService/ListItems", confirmed: false }),
      expect.objectContaining({ method: "other.x.v1.XService/Get" }),
    ]);
    expect(read(folder, "buf.gen.ameide.yaml")).toContain("- roster=other\n");
    confirm(folder, () => ({})); // Which lays it out otherwise.
    expect((await init(folder, "--check")).code).toBe(0);
    await init(folder, "--force");
    expect(reviewIn(folder)[1]?.idempotencyLevel).toBe(null);
  });

  it("suggests anew what is not confirmed, where the reason is another one", async () => {
    const folder = workspace(SHOP);
    await init(folder);
    const http = { GetItem: 'option (google.api.http) = {post: "/items"};', CreateItem: "" };
    writeFileSync(join(folder, "proto/acme/shop/v1/shop.proto"), proto("acme.shop.v1", http));
    await init(folder);
    expect(reviewIn(folder)[0]).toMatchObject({ idempotencyLevel: null, confirmed: false });
  });

  it("writes nothing with --dry-run", async () => {
    const folder = workspace(SHOP);
    const { code, stdout } = await init(folder, "--dry-run", "--vendor");
    expect(code).toBe(0);
    expect(stdout.match(/^would write .*:$/gm)).toHaveLength(4);
    expect(readdirSync(folder).sort()).toEqual(["buf.yaml", "proto"]);
  });

  it("vendors policy.proto, whose stubs Go has already", async () => {
    const folder = workspace(SHOP);
    writeFileSync(join(folder, "go.mod"), "module acme.example/shop\n");
    const { stdout } = await init(folder, "--vendor", "--language", "go");
    expect(stdout).toContain("- path: third_party/ameide\n");
    expect(stdout).toContain("- path: node_modules/@ameideio/ameide-sdk-ts/dist/googleapis\n");
    const vendored = read(folder, "third_party/ameide/ameide/policy/v1/policy.proto");
    expect(vendored).toBe(readFileSync(join(ROOT, "proto/ameide/policy/v1/policy.proto"), "utf8"));
    expect(vendored).toContain('option go_package = "github.com/ameideio/ameide-policy-go/');
    expect(read(folder, "buf.gen.ameide.yaml")).toContain("path: ameide/policy/v1");
  });

  it("takes stubs of Google's common protos from where they are published, in Go", async () => {
    const copy = (path: string, name: string, more = "") => `syntax = "proto3"; package ${name};
      option go_package = "google.golang.org/genproto/googleapis/${path}"; message Status {} ${more}`;
    const folder = workspace({
      ...SHOP,
      "google/rpc/status.proto": copy("rpc/status;status", "google.rpc"),
      "google/api/keys/v1/keys.proto": copy("api/keys/v1;keys", "google.api.keys.v1"),
      "google/api/keys/v1/service.proto": copy(
        "api/keys/v1;keys",
        "google.api.keys.v1",
        "service KeysService { rpc Get(M) returns (M); } message M {}",
      ).replace("message Status {}", ""),
    });
    writeFileSync(join(folder, "go.mod"), "module acme.example/shop\n");
    expect((await init(folder, "--language", "go")).code).toBe(0);
    const template = read(folder, "buf.gen.ameide.yaml");
    // Not annotations.proto, which states no go_package here, nor a package that has a service.
    expect(template).toContain(
      "\n      - third_party/ameide/ameide\n      - proto/google/rpc\nmanaged:",
    );
    expect(template.match(/(?<= {6}path: ).*/g)).toEqual([
      "ameide/policy/v1",
      "google/api/field_info.proto",
      "google/rpc",
      "google/type",
    ]);
    expect((await init(folder, "--language", "ts", "--force")).code).toBe(0);
    expect(read(folder, "buf.gen.ameide.yaml")).not.toContain("google/rpc");
  });

  it("keeps what Go has stubs of out of a template that is older than its module", async () => {
    const folder = temporaryFolder();
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const shop = proto("acme.shop.v1", { GetItem: "" }).replace(/import "[^;]*;/, "");
    write("proto/acme/shop/v1/shop.proto", shop);
    write("go.mod", "module acme.example/shop\n");
    const sdk = "node_modules/@ameideio/ameide-sdk-ts/dist";
    const modules = ["proto", "third_party/ameide", `${sdk}/proto`, `${sdk}/googleapis`];
    const bufYaml = (paths: readonly string[]) =>
      write(
        "buf.yaml",
        JSON.stringify({ version: "v2", modules: paths.map((path) => ({ path })) }),
      );
    bufYaml(["proto"]);
    await init(folder, "--language", "go");
    const policy = readFileSync(join(ROOT, "proto/ameide/policy/v1/policy.proto"), "utf8");
    const info = "google/api/field_info.proto";
    const googleapis = join(ROOT, "third_party/googleapis");
    for (const place of ["third_party/ameide", `${sdk}/proto`]) {
      write(`${place}/ameide/policy/v1/policy.proto`, policy);
      write(`${sdk}/googleapis/${info}`, readFileSync(join(googleapis, info), "utf8"));
      bufYaml(
        modules.filter((each) => each === place || !/ameide$|proto$/.test(each)).concat("proto"),
      );
      write(
        "proto/acme/shop/v1/shop.proto",
        shop.replace(
          "message",
          `import "ameide/policy/v1/policy.proto"; import "${info}"; message`,
        ),
      );
      // In place of the plugins, Go's own package of each file that is generated or imported.
      write("plugin.sh", `#!/bin/sh\ncat > request.binpb\n`);
      chmodSync(join(folder, "plugin.sh"), 0o755);
      const template = read(folder, "buf.gen.ameide.yaml").replace(
        /plugins:[^]*/,
        "plugins:\n  - {local: ./plugin.sh, out: gen, strategy: all}\n",
      );
      write("asked.yaml", template);
      spawnSync(`${ROOT}node_modules/.bin/buf`, ["generate", "--template", "asked.yaml"], {
        cwd: folder,
      });
      const { fileToGenerate, protoFile } = fromBinary(
        CodeGeneratorRequestSchema,
        readFileSync(join(folder, "request.binpb")),
      );
      expect(fileToGenerate).toEqual(["acme/shop/v1/shop.proto"]);
      const packages = protoFile.map(({ name, options }) => [name, options?.goPackage]);
      expect(Object.fromEntries(packages)).toMatchObject({
        [info]: "google.golang.org/genproto/googleapis/api/annotations;annotations",
        "ameide/policy/v1/policy.proto": expect.stringContaining("ameide-policy-go"),
      });
    }
  });

  it("shows the first errors of a compiler", async () => {
    const wrong = Array.from({ length: 30 }, (_, i) => `message M${i} { Gone g = 1; }`).join("\n");
    const text = `syntax = "proto3"; package acme.v1; ${wrong}`;
    const { stderr } = await init(workspace({ "acme/v1/x.proto": text }));
    expect(stderr.trimEnd().split("\n")).toHaveLength(21);
    expect(stderr).toMatch(/\nand 1\d lines more\n$/);
  });

  it.each([
    ["no service", { "acme/v1/x.proto": 'syntax = "proto3"; package acme.v1;' }, "has no service"],
    ["no package", { "x.proto": 'syntax = "proto3"; service S {}' }, "x.proto states no package"],
    ["no proto", { "acme/v1/x.proto": "syntax =" }, "buf failed: "],
  ])("says what is wrong: %s", async (_, protos, says) => {
    const { code, stderr } = await init(workspace(protos));
    expect(code).toBe(1);
    expect(stderr).toContain(says);
  });

  it("says that its folder is not there", async () => {
    const folder = join(temporaryFolder(), "none");
    const { code, stderr } = await init(folder);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `there is no folder ${folder}\n` });
  });

  it.each(['"acme.example/shop"', "`acme.example/shop`", "acme.example/shop // of ours"])(
    "reads the module of a go.mod: %s",
    async (module) => {
      const folder = workspace(SHOP);
      writeFileSync(join(folder, "go.mod"), `module ${module}\n`);
      await init(folder, "--language", "go");
      expect(read(folder, "buf.gen.ameide.yaml")).toContain("value: acme.example/shop/gen/go\n");
    },
  );

  it("asks for a go.mod", async () => {
    const { code, stderr } = await init(workspace(SHOP), "--language", "go");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "for Go there has to be a go.mod: type go mod init MODULE first\n",
    });
  });
});
