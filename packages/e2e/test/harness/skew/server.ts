import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  fromBinary,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type Age, protoOf, textOf } from "./contract.js";

/** A task, of either age. */
export interface Task {
  readonly title: string;
  readonly priority: number;
  readonly owner?: string;
}

/** A server of a module of one age. */
export interface SkewServer {
  readonly url: string;
  /** The tasks that it was sent so far, as it reads them; empties the list. */
  takeReceived(): Task[];
  close(): Promise<void>;
}

const STORED: Record<Age, MessageInitShape<DescMessage>> = {
  older: { id: "t1", title: "Write", priority: 1 },
  newer: { id: "t1", title: "Write", priority: 2, owner: "ann", labels: [{ name: "a" }] },
};

interface Carries {
  readonly task: Task;
}

/** Starts a server over HTTP/2, of stubs of that age alone. It answers with its own task, or what it is sent. */
export async function startSkewServer(age: Age): Promise<SkewServer> {
  const service = describe(age);
  const { getTask, putTasks } = service.method;
  const received: Task[] = [];
  const answer = (task: unknown) => create(getTask?.output as DescMessage, { task });
  const stored = () => answer(create(taskOf(service), STORED[age]));
  const implementation = {
    getTask: stored,
    closeTask: stored,
    async *watchTask() {
      yield stored();
      yield stored();
    },
    async putTasks(requests: AsyncIterable<Carries>) {
      let count = 0;
      for await (const { task } of requests) {
        received.push(task);
        count++;
      }
      return create(putTasks?.output as DescMessage, { count, receipt: "r1" });
    },
    async *syncTasks(requests: AsyncIterable<Carries>) {
      for await (const { task } of requests) {
        yield answer(task);
      }
    },
  };
  const routes = connectNodeAdapter({
    routes: (router) =>
      router.service(service, implementation as unknown as ServiceImpl<DescService>),
  });
  const server = createServer(routes);
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeReceived: () => received.splice(0),
    async close() {
      for (const session of sessions) {
        session.destroy();
      }
      server.close();
      await once(server, "close");
    },
  };
}

function taskOf({ method }: DescService): DescMessage {
  return method["getTask"]?.output.fields[0]?.message as DescMessage;
}

/** Describes the service as buf reads it: no stub is generated, so both ages fit in one process. */
function describe(age: Age): DescService {
  const folder = mkdtempSync(join(tmpdir(), "ameide-skew-"));
  try {
    const file = join(folder, protoOf(age));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, textOf(age));
    const buf = fileURLToPath(new URL("../../../../../node_modules/.bin/buf", import.meta.url));
    const image = execFileSync(buf, ["build", "proto", "-o", "-"], { cwd: folder });
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
    return registry.getService("skew.v1.TasksService") as DescService;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
