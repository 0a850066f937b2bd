// The program of another language, in JavaScript: the TypeScript SDK behind lines of JSON. With the
// argument `no-retries` it decides otherwise.
import process from "node:process";
import { createInterface } from "node:readline";
import { fromJson, toJson } from "@bufbuild/protobuf";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const controllers = new Map();
const tokens = new Map();
let transport;

// The first call of a process compiles all it runs, which is no time of the demo's calls.
async function warmUp() {
  const cold = createAmeideTransport({
    baseUrl: "http://127.0.0.1:9",
    tenant: "demo",
    allowInsecureLoopback: true,
    retry: false,
  });
  await cold.unary(MeterService.method.queryUsage, undefined, 1_000, {}, {}).catch(() => {});
  cold.close();
}

async function connect({ baseUrl, tenant, attemptTimeoutMs, withToken }) {
  await warmUp();
  let last = 0;
  const provider = () =>
    new Promise((resolve) => {
      const id = ++last;
      tokens.set(id, resolve);
      say({ needsToken: { id } });
    });
  transport = createAmeideTransport({
    baseUrl,
    tenant,
    allowInsecureLoopback: true,
    observer: (event) => say({ event }),
    ...(withToken && { auth: { provider } }),
    ...(attemptTimeoutMs && { attemptTimeoutMs }),
    ...(process.argv[2] === "no-retries" && { retry: false }),
  });
  say({ ready: true });
}

async function call({ id, procedure, request, timeoutMs }) {
  const method = MeterService.methods.find(({ name }) => procedure.endsWith(`/${name}`));
  const controller = new AbortController();
  controllers.set(id, controller);
  try {
    const input = fromJson(method.input, request);
    const { message } = await transport.unary(method, controller.signal, timeoutMs, {}, input);
    say({ ok: { id, response: toJson(method.output, message) } });
  } catch (error) {
    say({ error: { id, code: codeToString(error.code), message: error.message } });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.connect) {
    await connect(message.connect);
  } else if (message.call) {
    void call(message.call);
  } else if (message.cancel) {
    controllers.get(message.cancel.id)?.abort();
  } else {
    tokens.get(message.token.id)?.(message.token.value);
  }
}
transport?.close();
