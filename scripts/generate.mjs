// @ts-check
// Generates packages/core-proto, packages/conformance-proto, the suite's policy.json and docs/reference.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { parse } from "yaml";

import { readImage } from "./checks/image.mjs";
import { writeData } from "./generate/data.mjs";
import { writeEncodings } from "./generate/encodings.mjs";
import { findFixtures } from "./generate/fixtures.mjs";
import { writeGoImports } from "./generate/go_imports.mjs";
import { PACKAGES, templateFor } from "./generate/languages.mjs";
import {
  areasOf,
  readServiceMap,
  SERVICE_MAP,
  SERVICES_PAGE,
  servicesPage,
} from "./generate/service_map.mjs";
import { must, preparePlugins } from "./generate/toolchain.mjs";
import { REFERENCE, referencePages } from "./generate/reference.mjs";
import { SIZES_PAGE, sizesPage } from "./generate/sizes.mjs";
import { apply, compare } from "./generate/tree.mjs";
import { inCi } from "./in_ci.mjs";
import { MissingTool } from "./missing_tool.mjs";

const HELP = `Usage: npx -y pnpm@12.21.0 generate [--ts] [--check] [--package NAME]

Generates
  packages/core-proto         from proto/ and third_party/, as buf.gen.yaml
                              says: stubs in every language, the descriptor
                              image, the fixtures, and how they are encoded
  packages/conformance-proto  from its proto/, as buf.gen.conformance.yaml says:
                              stubs in every language
  packages/conformance/policy.json
                              from the TypeScript SDK's table of policy values
  docs/reference              from the comments and options of proto/, a page
                              per package; from docs/service-map.yaml, a graph;
                              from the fixtures, their sizes

  --ts            TypeScript only; needs neither Go nor Python
  --check         change nothing, and name the files that differ from what is
                  generated. Without Go or Python it checks TypeScript, and says
                  so; with CI=true that is a failure
  --package NAME  that package only
  --help          this text

Exit code 0: generated, or nothing differs; 1: something differs, or went wrong;
2: wrong arguments.
`;

/**
 * @typedef {object} Options
 * @property {boolean} ts
 * @property {boolean} check
 * @property {string} [package]
 */

/** @typedef {import("./generate/languages.mjs").Language} Language */

const ENCODINGS = { folder: "packages/core-proto/encodings", owned: [""] };

const POLICY = { folder: "packages/conformance", owned: ["policy.json"] };

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * @param {Options} options
 * @returns {Promise<number>} The exit code.
 */
async function generate({ ts, check, package: name }) {
  const packages = PACKAGES.filter((each) => name === undefined || each.name === name);
  /** @type {Language["name"][]} */
  const wanted = ts ? ["TypeScript"] : ["TypeScript", "Go", "Python"];
  const languages = await available(wanted, { mayLack: check && !inCi() });

  mkdirSync(join(root, ".cache"), { recursive: true });
  const fresh = mkdtempSync(join(root, ".cache", "generate-"));
  process.once("exit", () => rmSync(fresh, { recursive: true, force: true }));
  const image = join(fresh, "image.binpb");
  await Promise.all([
    buildImage(image),
    ...packages.map((each) => writeStubs(fresh, { of: each, languages })),
  ]);

  let count = 0;
  for (const each of packages) {
    for (const language of Object.values(each.languages)) {
      if (!languages.includes(language.name)) {
        continue;
      }
      const out = join(fresh, language.folder);
      writeData({ language, out, image, protoFolder: join(root, "proto") });
      if (language.policy !== undefined) {
        mkdirSync(dirname(join(out, language.policy)), { recursive: true });
        await buildPolicyImage(join(out, language.policy));
      }
      if (language.imports !== undefined) {
        const goMod = join(root, language.folder, "go.mod");
        writeGoImports({ out, file: language.imports, goMod });
      }
      count += settle(out, { language, check });
    }
  }
  if (packages.some((each) => each.name === "core-proto")) {
    const out = join(fresh, ENCODINGS.folder);
    writeEncodings({ out, image, protoFolder: join(root, "proto") });
    count += settle(out, { language: ENCODINGS, check });
  }
  if (name === undefined) {
    count += await settlePolicy(join(fresh, POLICY.folder), check);
    count += settleReference(join(fresh, REFERENCE), { image, check });
  }
  if (check && count > 0) {
    console.log("mend with: pnpm generate");
  }
  return check && count > 0 ? 1 : 0;
}

/**
 * Writes the values and numbers of policy that SDKs of all languages have.
 *
 * @param {string} out
 * @param {boolean} check
 * @returns {Promise<number>} How many files differ.
 */
async function settlePolicy(out, check) {
  mkdirSync(out, { recursive: true });
  const json = await must(process.execPath, ["packages/sdk/policy_json.mjs"], root);
  writeFileSync(join(out, "policy.json"), json);
  return settle(out, { language: POLICY, check });
}

/**
 * Writes a page per package, of what its comments and options say, one of the service map, and one of the sizes of
 * fixtures.
 *
 * @param {string} out
 * @param {{ image: string, check: boolean }} options
 * @returns {number} How many files differ.
 */
function settleReference(out, { image, check }) {
  mkdirSync(out, { recursive: true });
  const module = readImage(readFileSync(image), join(root, "proto"));
  const pages = referencePages(module);
  const areas = areasOf(module);
  const services = readServiceMap(readFileSync(join(root, SERVICE_MAP), "utf8"), areas);
  pages.set(SERVICES_PAGE, servicesPage(services, areas));
  const fixtures = findFixtures(join(root, "proto"), readFileSync(image));
  pages.set(SIZES_PAGE, sizesPage(fixtures, module.registry));
  for (const [name, text] of pages) {
    writeFileSync(join(out, name), text);
  }
  return settle(out, { language: { folder: REFERENCE, owned: [""] }, check });
}

/**
 * Takes over what was generated for a folder, or says what differs.
 *
 * @param {string} out
 * @param {{ language: Pick<Language, "folder" | "owned">, check: boolean }} options
 * @returns {number} How many files differ.
 */
function settle(out, { language: { folder, owned }, check }) {
  const current = join(root, folder);
  const differences = compare(current, out, owned);
  if (check) {
    for (const { kind, file } of differences) {
      console.log(`${kind.padEnd(7)} ${folder}/${file}`);
    }
  } else {
    apply(current, out, differences);
    console.log(`${folder}: ${differences.length} files changed`);
  }
  return differences.length;
}

/**
 * Generates the stubs of a package into an empty folder.
 *
 * @param {string} fresh
 * @param {{ of: import("./generate/languages.mjs").Package, languages: Language["name"][] }} options
 */
async function writeStubs(fresh, { of, languages }) {
  const stated = parse(readFileSync(join(root, of.template), "utf8"));
  const template = JSON.stringify(templateFor(of, stated, languages));
  await must("buf", ["generate", "--template", template, "-o", fresh], root);
}

/**
 * Writes the descriptors of everything but the suite's own schema.
 *
 * @param {string} image
 */
async function buildImage(image) {
  const suite = "packages/conformance-proto/proto/ameide";
  await must("buf", ["build", "-o", image, "--exclude-path", suite], root);
}

/**
 * Writes the descriptor of policy.proto, without imports and comments.
 *
 * @param {string} file
 */
async function buildPolicyImage(file) {
  const only = ["--path", "proto/ameide/policy/v1/policy.proto", "--exclude-imports"];
  const plain = ["--exclude-source-info", "--as-file-descriptor-set"];
  await must("buf", ["build", "-o", file, ...only, ...plain], root);
}

/**
 * The languages whose plugins can run here.
 *
 * @param {Language["name"][]} wanted
 * @param {{ mayLack: boolean }} options Whether a language that is not installed may be left out.
 */
async function available(wanted, { mayLack }) {
  /** @type {Language["name"][]} */
  const languages = [];
  for (const language of wanted) {
    try {
      await preparePlugins(root, language);
      languages.push(language);
    } catch (error) {
      if (!(error instanceof MissingTool) || !mayLack) {
        throw error;
      }
      console.log(`${language} is not checked: ${error.message}`);
    }
  }
  return languages;
}

/**
 * @returns {Promise<number>} The exit code.
 */
async function main() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        ts: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        package: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }));
    const names = PACKAGES.map(({ name }) => name);
    if (values.package !== undefined && !names.includes(values.package)) {
      throw new Error(`there is no package ${values.package}; there are ${names.join(", ")}`);
    }
  } catch (error) {
    console.error(`${messageOf(error).split(/\. |\n/)[0]} (see --help)`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    return await generate(values);
  } catch (error) {
    console.error(messageOf(error));
    return 1;
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

process.exitCode = await main();
