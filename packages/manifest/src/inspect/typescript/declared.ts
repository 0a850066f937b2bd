import { join } from "node:path";
import {
  API,
  type Checker,
  type StringLiteralType,
  type Symbol,
  type Type,
} from "typescript/unstable/sync";

/** What the declared type of a client's method says. */
export interface DeclaredMethod {
  readonly kind: string;
  readonly input: string;
  readonly output: string;
}

/** The methods of each service that a type declares, by their names. */
export type Declared = ReadonlyMap<string, ReadonlyMap<string, DeclaredMethod>>;

/** The type of a client of all services. */
export interface ClientType {
  /** Statements that import what it is made of. */
  readonly imports: string;
  /** The type itself. */
  readonly type: string;
}

/**
 * Reads what the type of a client declares: the members that have methods from a message to a
 * message, as the compiler sees them for a module in a folder.
 *
 * @param folder - Of a package, which resolves its own name by its `exports`, or of a project.
 * @throws Error if the module does not compile.
 */
export function readDeclared(folder: string, client: ClientType): Declared {
  const probe = join(folder, "__inspector.mts");
  const project = join(folder, "__inspector.json");
  const files: Readonly<Record<string, string>> = {
    [probe]: probeOf(client),
    [project]: JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: [probe] }),
  };
  const api = new API({
    cwd: folder,
    // Without fileExists, which the compiler would ask for 600 paths.
    fs: { readFile: (path) => files[path] },
  });
  try {
    const { checker, program } =
      api.updateSnapshot({ openProjects: [project] }).getProject(project) ?? fail(folder);
    const [problem] = program.getSemanticDiagnostics(probe);
    if (problem !== undefined) {
      throw new Error(`the types do not compile, are they built? ${problem.text}`);
    }
    const source = program.getSourceFile(probe) ?? fail(folder);
    const exported = [...(checker.getSymbolAtLocation(source)?.getExports().values() ?? [])];
    const clients = exported.find((symbol) => symbol.name === "clients") ?? fail(folder);
    return new Map(
      membersOf(checker, typeOf(checker, clients)).map(([service, type]) => [
        service,
        new Map(
          membersOf(checker, type).map(([method, read]) => {
            const [kind = "", input = "", output = ""] = (read as StringLiteralType).value.split(
              " ",
            );
            return [method, { kind, input, output }];
          }),
        ),
      ]),
    );
  } finally {
    api.close();
  }
}

function membersOf(checker: Checker, type: Type): [name: string, type: Type][] {
  const members = checker.getPropertiesOfType(type);
  const types = checker.getTypeOfSymbol(members);
  return members.map(({ name }, index) => [name, types[index] ?? fail(name)]);
}

function typeOf(checker: Checker, symbol: Symbol): Type {
  return checker.getTypeOfSymbol(symbol) ?? fail(symbol.name);
}

function fail(what: string): never {
  throw new Error(`the compiler does not tell the types of ${what}`);
}

const COMPILER_OPTIONS = {
  module: "nodenext",
  target: "es2022",
  // Without the DOM, which no method's messages have, and which takes longest to read.
  lib: ["es2022"],
  types: [],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

// The type of a method is read by types alone, into a literal: "unary acme.v1.Request acme.v1.Response".
function probeOf({ imports, type }: ClientType): string {
  return `
${imports}

type NameOf<T> = T extends { readonly $typeName?: infer N } ? Extract<N, string> : never;
type ItemOf<T> = T extends AsyncIterable<infer M> ? M : T extends Promise<infer M> ? M : never;
type Streams<T> = [T] extends [AsyncIterable<unknown>] ? true : false;
type KindOf<I, O> = Streams<I> extends true
  ? Streams<O> extends true ? "bidi_streaming" : "client_streaming"
  : Streams<O> extends true ? "server_streaming" : "unary";
type Request<T> = Streams<T> extends true ? ItemOf<T> : T;
type Read<F> = F extends (request: infer I, options?: never) => infer O
  ? \`\${KindOf<I, O>} \${NameOf<Request<I>>} \${NameOf<ItemOf<O>>}\`
  : never;
type Methods<T> = { [M in keyof T as [Read<T[M]>] extends [never] ? never : M]: Read<T[M]> };
type Clients<T> = { [S in keyof T as keyof Methods<T[S]> extends never ? never : S]: Methods<T[S]> };
export declare const clients: Clients<${type}>;
`;
}
