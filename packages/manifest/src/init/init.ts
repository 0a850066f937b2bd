import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { readImage, servicesOf } from "../image.js";
import { runTool } from "../run_tool.js";
import { type Sdk, SDKS } from "../sdks.js";
import { UserError } from "../user_error.js";
import { statedMethods } from "./overlay.js";
import { type PlannedFile, planFile, textOf } from "./plan_file.js";
import { publishedStubs } from "./published_stubs.js";
import { type Review, type ReviewedMethod, readReview, reviewOf, showReview } from "./review.js";
import { isSealed } from "./sealed.js";
import { namesOf, settleNames } from "./settle_names.js";
import { optionsIn, templateOf, VENDORED } from "./template.js";

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
  /** Whether files that a person edited are written anew, and what is not confirmed is suggested anew. */
  readonly force: boolean;
}

/** What `init` writes. */
export interface Plan {
  readonly files: readonly PlannedFile[];
  /** Methods whose protos declare a level. */
  readonly declared: number;
  readonly review: readonly ReviewedMethod[];
  /** Names that are settled in the template, by full names of services. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Plans what sets up a Buf workspace. Its protos, buf.yaml and buf.gen.yaml stay as they are.
 *
 * @throws UserError if the workspace does not compile or has no service, or a file that is there is wrong.
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
  const [there, policy, earlierTemplate, goMod, bufYaml] = await Promise.all(
    [REVIEW, POLICY, TEMPLATE, "go.mod", "buf.yaml"].map((name) => textOf(join(folder, name))),
  );
  const languages = options.languages ?? (await languagesOf(folder));
  const goModule = /^module\s+(["`]?)([^\s"`]+)\1/m.exec(goMod ?? "")?.[2];
  if (languages.includes("go") && goModule === undefined) {
    throw new UserError("for Go there has to be a go.mod: type go mod init MODULE first");
  }
  const earlier = there === undefined ? NOTHING : readReview(there, REVIEW);
  const review = reviewOf(services, {
    earlier: earlier.methods,
    stated: statedMethods(policy, POLICY),
    anew: force,
  });
  const names = settleNames(services, {
    stated: earlierTemplate === undefined ? earlier.names : optionsIn(earlierTemplate).names,
    known: new Set([
      ...earlier.names.keys(),
      ...earlier.methods.map(({ method }) => method.split("/")[0] ?? ""),
    ]),
  });
  const packages = [...new Set(services.map(({ typeName }) => typeName.split(".")[0] ?? ""))];
  const published = publishedStubs(image, { folder, bufYaml });
  const template = templateOf({ languages, packages, names, goModule, published });
  const files = [
    planFile(folder, { path: TEMPLATE, text: template }, (old) => force || isSealed(old)),
    planFile(folder, {
      path: REVIEW,
      text: showReview({ names: namesOf(services, names), methods: review }),
    }),
    planFile(folder, { path: POLICY, text: policy ?? "{}\n" }),
  ];
  if (policyProto !== undefined) {
    const text = await readFile(policyProto, "utf8");
    files.push(planFile(folder, { path: POLICY_PROTO, text }, () => force));
  }
  const methods = services.reduce((sum, { methods: each }) => sum + each.length, 0);
  const undeclared = review.filter(({ gone }) => gone === undefined).length;
  return { files: await Promise.all(files), declared: methods - undeclared, review, names };
}

const NOTHING: Review = { names: new Map(), methods: [] };

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
