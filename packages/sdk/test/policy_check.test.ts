import { create, fromBinary, setExtension, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, type MethodOptions } from "@bufbuild/protobuf/wkt";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { request_id_field } from "@ameideio/core-proto/ameide/policy/v1";
import { readImage } from "@ameideio/core-proto/image";

const program = fileURLToPath(new URL("../dist/bin/policy_check.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "policy-"));

afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const good = file("good.json", '{"default": {"maxAttempts": 4, "timeoutMs": "5000"}}');

describe("ameide-policy check", () => {
  it("accepts a good document", () => {
    expect(run("check", good)).toEqual({ status: 0, stdout: `${good}: good\n`, stderr: "" });
  });

  it("refuses what is wrong in a document, a line each", () => {
    const wrong = [
      [
        "an unknown field that is near to one",
        '{\n  "default": {\n    "maxAttemps": 4}}',
        ":3: default.maxAttemps: did you mean maxAttempts? It is not known",
      ],
      [
        "an unknown field that is near to none",
        '{"zzz": 4}',
        ":1: zzz: is not known; known here: behavior, preset, default, methods, budget, logLevel",
      ],
      [
        "an unknown word",
        '{"preset":\n"PRESET_MUSH"}',
        ":1: preset: did you mean PRESET_MESH? It is not known, got PRESET_MUSH",
      ],
      [
        "a value out of its bounds",
        '{"default": {"maxAttempts": 6}}',
        ":1: default.maxAttempts: must be an integer from 1 to 5, got 6",
      ],
      [
        "the same in the spelling of the proto",
        '{"default": {\n"max_attempts": 6}}',
        ":2: default.maxAttempts: must be an integer from 1 to 5, got 6",
      ],
      [
        "a code that is none",
        '{"default": {"retryableCodes": [\n"aborted",\n"unavailble"]}}',
        ":3: default.retryableCodes[1]: did you mean unavailable? It must be a code in Connect's spelling, such as aborted, got unavailble",
      ],
      [
        "a wrong selector",
        '{"methods": [{"selectors": ["acme.v1.Billing",\n\n"a b"], "policy": {}}]}',
        ':3: methods[0].selectors[1]: the selector "a b" must be a service (acme.v1.Billing) or service/method',
      ],
      [
        "no selector",
        '{"methods": [{\n"selectors": [], "policy": {}}]}',
        ":2: methods[0].selectors: is empty, which selects nothing",
      ],
      [
        "a duration with a unit",
        '{"default": {\n"idleTimeoutMs": "5 min"}}',
        ':2: default.idleTimeoutMs: must be a number of milliseconds: 300000, not "5 min"',
      ],
      ["no object", "\n[]", ":2: must be an object, got an array"],
      ["no JSON", '{\n"default": oops\n}', ":2: is no JSON: "],
      ["a comma too many", '{\n"behavior": 1,\n}', ":3: is no JSON: "],
      ["half of one", '{\n"default": {', ":2: is no JSON: "],
      ["a text without an end", '{\n"default": "', ":2: is no JSON: "],
      ["a wrong escape", '{"default":\n"\\x"}', ": is no JSON: "],
    ] as const;
    const files = wrong.map(([, text], i) => file(`bad${i}.json`, text));
    const { status, stdout, stderr } = run("check", good, ...files);
    expect([status, stdout]).toEqual([1, `${good}: good\n`]);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(wrong.length);
    for (const [i, [name, , problem]] of wrong.entries()) {
      expect([name, lines[i]]).toEqual([name, expect.stringContaining(`${files[i]}${problem}`)]);
    }
  });

  it("names all that is wrong in one run, by lines", () => {
    const bad = file(
      "bad.json",
      `{
  "behavior": 7,
  "default": { "maxAttempts": "many", "timeoutMs": 0, "made up": { "a": [1, 2] } },
  "methods": [
    { "selectors": ["acme.v1.Billing/Charge"], "policy": { "facts": { "tennant": "x" } } },
    {
      "selectors": ["acme.v1.Billing"],
      "policy": { "facts": { "requestIdField": "id" },
        "baseDelayMs": -1 }
    }
  ],
  "logLevel": "WARN"
}`,
    );
    const { status, stderr } = run("check", bad, good);
    expect(status).toBe(1);
    const bounds = "must be an integer from 1 to 9007199254740991";
    expect(stderr.replaceAll(bad, "bad").split("\n")).toEqual([
      "bad:2: behavior: must be one of 1, got 7",
      expect.stringMatching(
        /^bad:3: default\."made up": is not known; known here: maxAttempts, baseDelayMs, /,
      ),
      "bad:3: default.maxAttempts: must be an integer, got a string",
      `bad:3: default.timeoutMs: ${bounds}, got zero`,
      "bad:5: methods[0].policy.facts.tennant: did you mean tenant? It is not known",
      "bad:8: methods[1].policy.facts.requestIdField: is for selectors of single methods, such as acme.v1.Billing/Charge",
      `bad:9: methods[1].policy.baseDelayMs: ${bounds}, got a negative number (-1)`,
      "bad:12: logLevel: is not known, got WARN; known here: LOG_LEVEL_OFF, LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG",
      "",
    ]);
  });

  it.each([
    [[], "nothing to do: the command is check (see --help)"],
    [["chek", good], "there is no command chek: the command is check (see --help)"],
    [["check"], "nothing to check: name a policy document, or protos by --image (see --help)"],
    [["check", "--imgae", good], "Unknown option '--imgae' (see --help)"],
    [["check", "none.json"], "none.json: there is no such file"],
  ])("exits with 2 for %j, and says why", (args, text) => {
    expect(run(...args)).toEqual({ status: 2, stdout: "", stderr: `${text}\n` });
  });

  it("says how it is used", () => {
    const { status, stdout } = run("--help");
    expect(status).toBe(0);
    expect(stdout).toContain("Usage: ameide-policy check [--image <image>]... [<file>...]");
  });
});

describe("ameide-policy check --image", () => {
  const THREADS = "ameide.threads.v1.ThreadsService";
  const image = join(folder, "image.binpb");
  writeFileSync(image, readImage());

  const selecting = (selector: string, policy: object = {}) =>
    file("selecting.json", JSON.stringify({ methods: [{ selectors: [selector], policy }] }));

  it.each([
    [THREADS],
    [`${THREADS}/GetThread`],
    ["ameide.identity.v1.OrganizationsDirectoryService/CreateApiKey"],
  ])("accepts %s", (selector) => {
    const document = selecting(selector);
    expect(run("check", "--image", image, document)).toEqual({
      status: 0,
      stdout: `${document}: good\n`,
      stderr: "",
    });
  });

  it.each([
    [
      "ameide.threads.v1.ThreadService",
      `no service ameide.threads.v1.ThreadService; did you mean ${THREADS}?`,
    ],
    ["ThreadsService/GetThread", `no service ThreadsService; did you mean ${THREADS}?`],
    ["acme.v1.Billing", "the image has no service acme.v1.Billing\n"],
    [`${THREADS}/GetTread`, `${THREADS} has no method GetTread; did you mean GetThread?`],
    [`${THREADS}/getThread`, "did you mean GetThread?"],
    [`${THREADS}/Compact`, `${THREADS} has no method Compact\n`],
  ])("refuses %s", (selector, problem) => {
    const { status, stderr } = run("check", "--image", image, good, selecting(selector));
    expect(status).toBe(1);
    expect(stderr).toContain(`the selector ${selector} selects nothing: `);
    expect(stderr).toContain(problem);
  });

  it("names all that is wrong, in the document and beside the image", () => {
    const bad = file(
      "bad.json",
      `{ "default": { "maxAttemps": 1 },
  "methods": [
    { "selectors": ["${THREADS}",
        "${THREADS}/GetTread"] },
    { "selectors": ["ameide.identity.v1.OrganizationsDirectoryService/CreateApiKey"],
      "policy": { "maxAttempts": 9,
        "facts": { "requestIdField": "scopes" } } }
  ]
}`,
    );
    const { status, stderr } = run("check", "--image", image, bad);
    expect(status).toBe(1);
    expect(stderr.replaceAll(bad, "bad").split("\n")).toEqual([
      "bad:1: default.maxAttemps: did you mean maxAttempts? It is not known",
      `bad:4: methods[0].selectors[1]: the selector ${THREADS}/GetTread selects nothing: ${THREADS} has no method GetTread; did you mean GetThread?`,
      "bad:6: methods[1].policy.maxAttempts: must be an integer from 1 to 5, got 9",
      'bad:7: methods[1].policy.facts.requestIdField: "scopes" of ameide.identity.v1.CreateApiKeyRequest must be one string, outside of any oneof',
      "",
    ]);
  });

  it("refuses a request id field that is not there, or is none", () => {
    for (const [name, problem] of [
      [
        "request_idd",
        '"request_idd" is no field of ameide.identity.v1.CreateApiKeyRequest; did you mean request_id?',
      ],
      ["scopes", "must be one string"],
    ] as const) {
      const document = selecting("ameide.identity.v1.OrganizationsDirectoryService/CreateApiKey", {
        facts: { requestIdField: name },
      });
      const { status, stderr } = run("check", "--image", image, document);
      expect([status, stderr]).toEqual([1, expect.stringContaining(problem)]);
    }
  });

  it("checks protos alone, and says the line", () => {
    expect(run("check", "--image", image)).toMatchObject({ status: 0, stdout: `${image}: good\n` });
    const set = fromBinary(FileDescriptorSetSchema, readImage());
    const directory = "ameide/identity/v1/organizations_directory.proto";
    const method = set.file
      .find(({ name }) => name === directory)
      ?.service[0]?.method.find(({ name }) => name === "CreateApiKey");
    setExtension(method?.options as MethodOptions, request_id_field, "display_name");
    const wrong = join(folder, "wrong.binpb");
    writeFileSync(wrong, toBinary(FileDescriptorSetSchema, set));
    const { status, stderr } = run("check", "--image", wrong);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^\S+: \(ameide\.policy\.v1\.request_id_field\) of \S+\/CreateApiKey \(ameide\/identity\/v1\/organizations_directory\.proto:\d+\): "display_name" of ameide\.identity\.v1\.CreateApiKeyRequest must have \(google\.api\.field_info\)\.format = UUID4\n$/,
    );

    const document = file("good.json", "{}");
    const both = run("check", "--image", wrong, document);
    expect(both).toMatchObject({ status: 1, stdout: `${document}: good\n` });
    expect(both.stderr.startsWith(`${wrong}: (ameide.policy.v1.request_id_field)`)).toBe(true);
  });

  it("takes several images as one", () => {
    const { file: files } = fromBinary(FileDescriptorSetSchema, readImage());
    const imported = (name: string): Set<string> => {
      const { dependency = [] } = files.find((each) => each.name === name) ?? {};
      return new Set([name, ...dependency.flatMap((each) => [...imported(each)])]);
    };
    const part = (service: string, name: string) => {
      const left = files.find((each) => each.service.some((one) => one.name === service));
      const kept = files.filter((each) => imported(left?.name ?? "").has(each.name));
      const path = join(folder, name);
      writeFileSync(
        path,
        toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: kept })),
      );
      return path;
    };
    const images = [part("MeterService", "meter.binpb"), part("TokenService", "token.binpb")];
    const document = file(
      "two.json",
      JSON.stringify({
        methods: [
          { selectors: ["ameide.meter.v1.MeterService", "ameide.identity.v1.TokenService"] },
        ],
      }),
    );
    const options = images.flatMap((each) => ["--image", each]);
    expect(run("check", ...options, document).status).toBe(0);
    expect(run("check", ...options.slice(2), document).status).toBe(1);
  });

  it.each([
    ["is not there", () => join(folder, "none.binpb"), "there is no such file"],
    [
      "is no image",
      () => file("text.binpb", "not an image"),
      "is no image of protos, as `buf build -o` makes: ",
    ],
    ["has no service", () => file("empty.binpb", ""), "has no service to check with"],
  ])("exits with 2 for an image that %s", (_name, path, text) => {
    const given = path();
    const { status, stderr } = run("check", "--image", given, good);
    expect(status).toBe(2);
    expect(stderr).toContain(`${given}: ${text}`);
  });
});
