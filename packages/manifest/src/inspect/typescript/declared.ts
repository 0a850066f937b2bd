import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { withTemporaryFolder } from "../temporary_folder.js";

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

/** A package that types are imported from by its name. */
export interface TypedPackage {
  readonly name: string;
  readonly folder: string;
}

/**
 * Reads what the type of a client declares: the members that have methods from a message to a
 * message, as the compiler sees them for a module that has a package in its node_modules.
 *
 * @throws Error if the module does not compile.
 */
export function readDeclared(sdk: TypedPackage, client: ClientType): Promise<Declared> {
  return withTemporaryFolder(async (folder) => {
    const link = join(folder, "node_modules", sdk.name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(sdk.folder, link, "junction");
    await writeFile(join(folder, PROBE), probeOf(client));
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(PROJECT));
    const said = await compile(folder);
    const problem = said.split("\n").find((line) => line.startsWith(PROBE));
    if (problem !== undefined) {
      throw new Error(`the types do not compile, are they built? ${problem}`);
    }
    return methodsIn(await emitted(folder, said));
  });
}

const PROBE = "probe.mts";
const OUT = "out";

const PROJECT = {
  compilerOptions: {
    module: "nodenext",
    target: "es2022",
    // Without the DOM, which no method's messages have, and which takes longest to read.
    lib: ["es2022"],
    types: [],
    strict: true,
    skipLibCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: OUT,
  },
  files: [PROBE],
};

/**
 * Compiles the project of a folder with the native program, which needs no Node.js around it.
 *
 * @returns what it said, which tells of other modules, too.
 */
async function compile(folder: string): Promise<string> {
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const { default: pathOfProgram } = (await import(
    pathToFileURL(join(typescript, "lib/getExePath.js")).href
  )) as { readonly default: () => string };
  // A Go program, which ends before collecting garbage pays.
  const env = { ...process.env, GOGC: "off", GOMEMLIMIT: "1GiB" };
  return new Promise((resolve) => {
    const program = execFile(pathOfProgram(), [], { cwd: folder, env }, (_, stdout, stderr) => {
      process.off("exit", stop);
      resolve(`${stdout}${stderr}`);
    });
    // It ends its work before it heeds another signal, and would write what was removed.
    const stop = () => program.kill("SIGKILL");
    process.prependOnceListener("exit", stop);
  });
}

// Below the folder that all modules have in common, which may be that of the probe.
async function emitted(folder: string, said: string): Promise<string> {
  const files = await readdir(join(folder, OUT), { recursive: true }).catch(() => []);
  const file = files.find((path) => path.endsWith("probe.d.mts"));
  if (file === undefined) {
    throw new Error(`the compiler does not tell the types of the client: ${said.trim()}`);
  }
  return readFile(join(folder, OUT, file), "utf8");
}

function methodsIn(declarations: string): Declared {
  const services = new Map<string, Map<string, DeclaredMethod>>();
  for (const [, line = ""] of declarations.matchAll(/^ +"([^"]*)": true;$/gm)) {
    const [service = "", method = "", kind = "", input = "", output = ""] = line.split(" ");
    const methods = services.get(service) ?? new Map<string, DeclaredMethod>();
    services.set(service, methods.set(method, { kind, input, output }));
  }
  return services;
}

// The type of a method is read by types alone, into a literal: "unary acme.v1.Request acme.v1.Response".
// The spread has the compiler write the members out.
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
type Methods<S, T> = { [M in keyof T]: \`\${S & string} \${M & string} \${Read<T[M]>}\` }[keyof T];
type Clients<T> = { [S in keyof T]: Methods<S, T[S]> }[keyof T];
export const methods = { ...(null! as { [M in Clients<${type}>]: true }) };
`;
}
