import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { readImage, servicesOf } from "../image.js";
import { runTool } from "../run_tool.js";
import { type Sdk, SDKS } from "../sdks.js";
import { UserError } from "../user_error.js";
import { statedMethods } from "./overlay.js";
import { publishedStubs } from "./published_stubs.js";
import { type ReviewedMethod, readReview, reviewOf, showReview } from "./review.js";
import { settleNames } from "./settle_names.js";
import { templateOf, VENDORED } from "./template.js";

/** What `init` writes, relative to the folder. */
export const TEMPLATE = "buf.gen.ameide.yaml";
export const REVIEW = "ameide.review.json";
export const POLICY = "ameide.policy.json";
export const POLICY_PROTO = `${VENDORED}/ameide/policy/v1/policy.proto`;

/** What `init` is asked for. */
export interface InitOptions {
  /** Root of a Buf workspace. */
  readonly folder: string;
  /** Serialized image of it. Default: what `buf build` makes. */
  readonly image?: Uint8Array | undefined;
  /** Default: those whose package.json, go.mod or pyproject.toml is there, or TypeScript. */
  readonly languages?: readonly Sdk[] | undefined;
  /** Whether policy.proto is vendored, from this file. */
  readonly policyProto?: string | undefined;
  /** Whether files that are there are written anew. */
  readonly force: boolean;
}

/** What `init` writes. */
export interface Plan {
  /** Text by path, relative to the folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Methods whose protos declare a level. */
  readonly declared: number;
  readonly review: readonly ReviewedMethod[];
  /** Names that are settled in the template, by full names of services. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Plans what sets up a Buf workspace. Its protos, buf.yaml and buf.gen.yaml stay as they are.
 *
 * @throws UserError if the workspace does not compile, has no service, or a file is there already that
 *   would have to be written anew.
 */
export async function planInit(options: InitOptions): Promise<Plan> {
  const { folder, force, policyProto } = options;
  const image = readImage(options.image ?? (await buildImage(folder)), "the image");
  const services = servicesOf(image);
  if (services.length === 0) {
    throw new UserError("the workspace has no service: there is nothing to call");
  }
  const nowhere = services.find(({ file }) => file.proto.package === "");
  if (nowhere !== undefined) {
    throw new UserError(
      `${nowhere.file.proto.name} states no package, so its service ${nowhere.name} has no place in a roster`,
    );
  }
  const [there, policy, goMod, bufYaml] = await Promise.all(
    [REVIEW, POLICY, "go.mod", "buf.yaml"].map((name) => textOf(join(folder, name))),
  );
  const languages = options.languages ?? (await languagesOf(folder));
  const goModule = /^module\s+(\S+)/m.exec(goMod ?? "")?.[1];
  if (languages.includes("go") && goModule === undefined) {
    throw new UserError("for Go there has to be a go.mod: type go mod init MODULE first");
  }
  const review = reviewOf(services, {
    earlier: there === undefined ? [] : readReview(there, REVIEW),
    stated: statedMethods(policy, POLICY),
  });
  const names = settleNames(services);
  const packages = [...new Set(services.map(({ typeName }) => typeName.split(".")[0] ?? ""))];
  const published = publishedStubs(image, { folder, bufYaml });
  const files = new Map([
    [TEMPLATE, templateOf({ languages, packages, names, goModule, published })],
    [REVIEW, showReview(review)],
  ]);
  if (policyProto !== undefined) {
    files.set(POLICY_PROTO, await readFile(policyProto, "utf8"));
  }
  await refuseOverwriting(folder, { files, force });
  if (policy === undefined) {
    files.set(POLICY, "{}\n");
  }
  const methods = services.reduce((sum, { methods: each }) => sum + each.length, 0);
  const undeclared = review.filter(({ gone }) => gone === undefined).length;
  return { files, declared: methods - undeclared, review, names };
}

/**
 * Writes files.
 *
 * @param files - Text by path, relative to the folder.
 * @throws UserError if one cannot be written.
 */
export async function writeAll(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    try {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    } catch (reason) {
      throw new UserError(`${path} cannot be written: ${String(reason)}`);
    }
  }
}

/** Returns the text of a file; undefined where it is not there. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw new UserError(`${path} cannot be read: ${String(reason)}`);
  }
}

async function refuseOverwriting(
  folder: string,
  { files, force }: { readonly files: ReadonlyMap<string, string>; readonly force: boolean },
): Promise<void> {
  const different: string[] = [];
  for (const [path, text] of files) {
    const there = await textOf(join(folder, path));
    if (there !== undefined && there !== text) {
      different.push(path);
    }
  }
  if (different.length > 0 && !force) {
    throw new UserError(
      `nothing is written: ${different.join(", ")} ${different.length === 1 ? "is" : "are"} there ` +
        `already, and different; with --force written anew, but for what is confirmed in ${REVIEW}`,
    );
  }
}

async function languagesOf(folder: string): Promise<readonly Sdk[]> {
  const marks: Readonly<Record<Sdk, string>> = {
    ts: "package.json",
    go: "go.mod",
    python: "pyproject.toml",
  };
  const texts = await Promise.all(SDKS.map((sdk) => textOf(join(folder, marks[sdk]))));
  const found = SDKS.filter((_, i) => texts[i] !== undefined);
  return found.length === 0 ? ["ts"] : found;
}

async function buildImage(folder: string): Promise<Uint8Array> {
  const temporary = await mkdtemp(join(tmpdir(), "ameide-manifest-"));
  try {
    const image = join(temporary, "image.binpb");
    await runTool(["buf", "build", "-o", image], {
      cwd: folder,
      install: "npm install --save-dev @bufbuild/buf, or hand over an image by --image",
      env: {
        PATH: [join(folder, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
      },
    });
    return await readFile(image);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
