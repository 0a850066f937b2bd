import process from "node:process";
import { parseArgs } from "node:util";
import { createConnectRouter } from "@connectrpc/connect";
import { methodFacts } from "./method_facts.js";
import { routes } from "./routes.js";
import { createStore } from "./store.js";
import { startReferenceServer, type ReferenceServerOptions } from "./server.js";

const HELP = `Usage: ameide-reference-server [OPTION...]

Serves every service of the module from memory until SIGINT or SIGTERM. Prints
one line of JSON once it accepts connections: {"url":"http://127.0.0.1:41017"}

  --port N              port to listen on; default 0: a free one
  --host ADDRESS        address to listen on; default 127.0.0.1
  --token TOKEN=TENANT  demands bearer tokens, of which this one opens this
                        tenant, with every scope; may be repeated
  --end-with-stdin      ends with its standard input, too: with the process
                        that started it
  --help                this text

Exit code 0: it was ended; 1: it cannot listen; 2: wrong arguments.
`;

/** Runs the program of this process, and sets its exit code. */
export async function main(): Promise<void> {
  let options: ReturnType<typeof readArguments>;
  try {
    options = readArguments(process.argv.slice(2));
  } catch (reason) {
    complain(`${textOf(reason)} (see --help)`);
    process.exitCode = 2;
    return;
  }
  if (options === "help") {
    process.stdout.write(HELP);
    return;
  }
  try {
    await serve(options);
  } catch (reason) {
    complain(textOf(reason));
    process.exitCode = 1;
  }
}

async function serve({ endWithStdin, ...options }: Arguments): Promise<void> {
  const server = await startReferenceServer(options);
  const end = () => void server.close();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  if (endWithStdin) {
    process.stdin.once("end", end).once("error", end).resume();
  }
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
}

interface Arguments extends ReferenceServerOptions {
  readonly endWithStdin: boolean;
}

function readArguments(argv: readonly string[]): Arguments | "help" {
  const { values } = parseArgs({
    // pnpm passes its own separator on.
    args: argv.filter((argument) => argument !== "--"),
    strict: true,
    allowPositionals: false,
    options: {
      port: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      token: { type: "string", multiple: true, default: [] },
      "end-with-stdin": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    return "help";
  }
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    throw new Error(`--port must be a number from 0 to 65535, and is ${values.port}`);
  }
  const tokens = values.token.map((each) => tokenOf(each));
  return {
    port,
    host: values.host,
    endWithStdin: values["end-with-stdin"],
    ...(tokens.length > 0 && { auth: "required", tokens }),
  };
}

function tokenOf(text: string): NonNullable<ReferenceServerOptions["tokens"]>[number] {
  const [, token, tenant] = /^([^=]+=*?)=([^=]+)$/.exec(text) ?? [];
  if (token === undefined || tenant === undefined) {
    // It may be half of a secret.
    throw new Error("--token must be TOKEN=TENANT");
  }
  return { token, claims: { subject: "reference", organizationId: tenant, scopes: scopes() } };
}

// Every scope that some method asks for.
function scopes(): string[] {
  const router = createConnectRouter();
  routes(createStore())(router);
  return [...new Set(router.handlers.flatMap(({ method }) => methodFacts(method).scopes))];
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}
