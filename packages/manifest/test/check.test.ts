import type { Manifest, Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { expect, it, test } from "vitest";
import { check, manifestOf, readImage } from "../src/index.js";
import { ourImage, there } from "./harness/images.js";
import { callIn, clientIn, methodIn, wantedSurface } from "./harness/surfaces.js";

const THREADS = "ameide.threads.v1.ThreadsService";
const GET = `${THREADS}/GetThread`;
const manifest = manifestOf(readImage(ourImage(), "it"));

/** What is wrong, a line each: rule, cell, where, message. */
function linesOf(surface: Surface, base?: Manifest): string[] {
  return check(manifest, [surface], base).problems.map(
    ({ rule, sdk = "-", service, method, where, message }) =>
      `${rule} ${sdk} ${method === undefined ? service : `${service}/${method}`} ${where.join("+")}: ${message}`,
  );
}

test.each(["ts", "go", "python"] as const)("%s that has all of it is green", (sdk) => {
  expect(check(manifest, [wantedSurface(manifest, sdk)])).toEqual({
    services: manifest.services.length,
    methods: manifest.services.flatMap(({ methods }) => methods).length,
    sdks: [sdk],
    problems: [],
  });
});

test.each<[string, (surface: Surface) => void, string[]]>([
  [
    "a service without a stub and a client",
    (surface) => {
      surface.stubs = surface.stubs.filter(({ name }) => name !== THREADS);
      surface.clients = surface.clients.filter(({ name }) => name !== "threads");
    },
    [`missing ts ${THREADS} stubs+entry: the service does not exist`],
  ],
  [
    "no client at all",
    (surface) => {
      surface.stubs = surface.stubs.slice(0, 1);
      surface.clients = [];
    },
    expect.arrayContaining([
      `missing ts ${THREADS} stubs+client of all services: the service does not exist`,
    ]),
  ],
  [
    "an extra service",
    (surface) => {
      surface.stubs.push({ ...there(surface.stubs[0]), name: "acme.v1.BillingService" });
      surface.clients.push({ ...clientIn(surface, "threads"), name: "billing", methods: [] });
    },
    [
      "extra ts acme.v1.BillingService stubs: the service is in no manifest",
      "extra ts billing entry: the client billing is in no manifest",
    ],
  ],
  [
    "a service under another name",
    (surface) => (clientIn(surface, "threads").name = "thread"),
    [`wrong-name ts ${THREADS} entry: name is thread, should be threads`],
  ],
  [
    "a method that stubs lack",
    (surface) => there(surface.stubs.find(({ name }) => name === THREADS)).methods.shift(),
    [`missing ts ${THREADS}/AppendMessages stubs: the method does not exist`],
  ],
  [
    "a method that clients lack",
    (surface) => clientIn(surface, "threads").methods.shift(),
    [`missing ts ${THREADS}/AppendMessages entry: the method does not exist`],
  ],
  [
    "an extra method",
    (surface) => {
      const service = there(surface.stubs.find(({ name }) => name === THREADS));
      service.methods.push({ ...methodIn(surface, GET), name: "Ping" });
      clientIn(surface, "threads").methods.push({
        ...callIn(surface, "threads", "getThread"),
        name: "ping",
      });
    },
    [
      `extra ts ${THREADS}/Ping stubs: the method is in no manifest`,
      `extra ts ${THREADS}/ping entry: the method is in no manifest`,
    ],
  ],
  [
    "a method under another name",
    (surface) => (callIn(surface, "threads", "getThread").name = "readThread"),
    [`wrong-name ts ${GET} entry: name is readThread, should be getThread`],
  ],
  [
    "an RPC under another name",
    (surface) => {
      Object.assign(callIn(surface, "threads", "getThread"), {
        name: "readThread",
        procedure: `${THREADS}/ReadThread`,
      });
    },
    [
      `wrong-name ts ${GET} entry: name is readThread, should be getThread`,
      `wrong-name ts ${GET} entry: procedure of a call is ${THREADS}/ReadThread, should be ${GET}`,
    ],
  ],
  [
    "a kind that types and stubs say alike",
    (surface) => {
      callIn(surface, "threads", "watchThread").kind = "unary";
      methodIn(surface, `${THREADS}/WatchThread`).kind = "unary";
    },
    [`wrong-kind ts ${THREADS}/WatchThread stubs+entry: kind is unary, should be server_streaming`],
  ],
  [
    "another request and response",
    (surface) => {
      callIn(surface, "threads", "getThread").input = "acme.v1.A";
      methodIn(surface, GET).output = "acme.v1.B";
    },
    [
      `wrong-type ts ${GET} stubs: response is acme.v1.B, should be ameide.threads.v1.GetThreadResponse`,
      `wrong-type ts ${GET} entry: request is acme.v1.A, should be ameide.threads.v1.GetThreadRequest`,
    ],
  ],
  [
    "a method that no type declares",
    (surface) => {
      Object.assign(callIn(surface, "threads", "getThread"), { kind: "", input: "", output: "" });
    },
    [`missing ts ${GET} entry: it can be called, but no type declares it`],
  ],
  [
    "a method that is declared only",
    (surface) => {
      Object.assign(callIn(surface, "threads", "getThread"), { procedure: "", idempotency: "" });
    },
    [`missing ts ${GET} entry: it is declared, but a call of it asks for nothing`],
  ],
  [
    "a deprecation",
    (surface) => (methodIn(surface, GET).deprecated = true),
    [`wrong-policy ts ${GET} stubs: deprecated is true, should be false`],
  ],
  ...(
    [
      ["tenant", "optional", "tenant is optional, should be required"],
      ["auth", "none", "auth is none, should be bearer"],
      ["idempotencyKey", true, "idempotency_key is true, should be false"],
      ["defaultTimeoutMs", 5n, "default_timeout_ms is 5, should be unset"],
      ["longLived", true, "long_lived is true, should be false"],
      ["scopes", ["a", "b"], "scopes is a b, should be threads.read"],
      ["mcp", "tool", "mcp is tool, should be off"],
      ["requestIdField", "id", "request_id_field is id, should be none"],
      ["waitForReady", true, "wait_for_ready is true, should be false"],
    ] as const
  ).map(([name, value, message]): [string, (surface: Surface) => void, string[]] => [
    `the fact ${name}`,
    (surface) => {
      Object.assign(there(methodIn(surface, GET).facts), { [name]: value });
    },
    [`wrong-policy ts ${GET} stubs: ${message}`],
  ]),
])("%s is red", (_, edit, lines) => {
  expect(linesOf(wantedSurface(manifest, "ts", edit))).toEqual(lines);
});

it("is red in each of several clients of all services", () => {
  const surface = wantedSurface(manifest, "python", ({ clients }) => {
    const other = clients.map((client) => ({ ...client, entry: "other" }));
    clients.push(...other.filter(({ name }) => name !== "threads"));
  });
  expect(linesOf(surface)).toEqual([
    `missing python ${THREADS} other: it has a stub, but no client threads: it is not wired into the roster`,
  ]);
});

it("holds names against a base", () => {
  const base = manifestOf(readImage(ourImage(), "it"));
  const threads = there(base.services.find(({ name }) => name === THREADS));
  there(threads.names).go = "Thread";
  threads.methods.push({ ...methodIn(base, GET), name: "PingThread" });
  there(methodIn(base, `${THREADS}/DeleteThread`).names).python = "remove_thread";
  methodIn(base, GET).output = "acme.v1.Other"; // Which changes no name.
  base.services.push({ ...threads, name: "acme.v1.GoneService" });
  base.services.shift(); // What is new is no problem.
  expect(linesOf(wantedSurface(manifest, "go"), base)).toEqual([
    `name-changed - ${THREADS} base: its name in Go changed from Thread to Threads`,
    `name-changed - ${THREADS}/DeleteThread base: its name in Python changed from remove_thread to delete_thread`,
    `name-gone - ${THREADS}/PingThread base: the method was removed`,
    "name-gone - acme.v1.GoneService base: the service was removed",
  ]);
});

it("names a message and an enum that are not what has to exist", () => {
  const surface = wantedSurface(manifest, "go", ({ messages, enums }) => {
    const thread = there(messages.find(({ name }) => name === "ameide.threads.v1.Thread"));
    thread.fields = thread.fields.filter(({ name }) => name !== "title");
    there(thread.fields[0]).type = "int64";
    messages.splice(
      messages.findIndex(({ name }) => name === "ameide.threads.v1.GetThreadRequest"),
      1,
    );
    there(there(enums[0]).values[1]).number = 7;
  });
  expect(linesOf(surface)).toEqual([
    "missing go ameide.threads.v1.GetThreadRequest stubs: the message does not exist",
    "wrong-message go ameide.threads.v1.Thread stubs: field id is int64 = 1, should be string = 1",
    "wrong-message go ameide.threads.v1.Thread stubs: field title is unset, should be string = 2",
    "wrong-message go ameide.approvals.v1.ApprovalState stubs: value APPROVAL_STATE_PENDING is 7, should be 1",
  ]);
});
