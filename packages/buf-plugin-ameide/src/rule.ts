import {
  type DescFile,
  type DescMethod,
  type FileRegistry,
  getExtension,
  hasExtension,
} from "@bufbuild/protobuf";

/** A lint rule, as `buf.yaml` names it and `buf config ls-lint-rules` shows it. */
export interface Rule {
  /** Unique among Buf's own rules and those of all plugins. */
  readonly id: string;
  /** One sentence with a capital letter and a period. */
  readonly purpose: string;
  /** Returns what is wrong with one file of the module. `registry` has the options that files declare. */
  check(file: DescFile, registry: FileRegistry): Problem[];
}

/** What is wrong, and where. */
export interface Problem {
  readonly message: string;
  /** `SourceCodeInfo.Location.path` within the file; empty for the file as a whole. */
  readonly path: readonly number[];
}

/** Makes the rule that judges each method of a file by itself. */
export function methodRule(
  rule: Pick<Rule, "id" | "purpose">,
  problemsOf: (method: DescMethod, registry: FileRegistry) => readonly string[],
): Rule {
  return {
    ...rule,
    check: (file, registry) =>
      file.services
        .flatMap(({ methods }) => methods)
        .flatMap((method) =>
          problemsOf(method, registry).map((what) => ({
            message: `${method.parent.typeName}/${method.name} ${what}`,
            path: methodPath(method),
          })),
        ),
  };
}

// Numbers of FileDescriptorProto.service and ServiceDescriptorProto.method.
const SERVICE = 6;
const METHOD = 2;

/** Where a service stands in its file. */
export function servicePath(service: DescMethod["parent"]): number[] {
  return [SERVICE, service.file.services.indexOf(service)];
}

/** Where a method stands in its file. */
export function methodPath(method: DescMethod): number[] {
  return [...servicePath(method.parent), METHOD, method.parent.methods.indexOf(method)];
}

/** The file whose options these are. */
const POLICY_PROTO = "ameide/policy/v1/policy.proto";

/** Reports whether SDKs read the options of `ameide.policy.v1` in a file: it imports them itself. */
export function readsPolicy({ proto }: DescFile): boolean {
  return proto.dependency.includes(POLICY_PROTO);
}

/** The value of an option of `ameide.policy.v1`, or undefined where it is not set. */
export function policyOption(
  { proto }: DescMethod | DescMethod["parent"],
  name: string,
  registry: FileRegistry,
): unknown {
  const extension = registry.getExtension(`ameide.policy.v1.${name}`);
  const { options } = proto;
  if (extension === undefined || options === undefined || !hasExtension(options, extension)) {
    return undefined;
  }
  return getExtension(options, extension);
}
