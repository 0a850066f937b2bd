import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import type { Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { describe, expect, it } from "vitest";
import { check, manifestOf, type Problem, readImage } from "../src/index.js";
import { ourImage, there } from "./harness/images.js";
import { installed } from "./harness/installed.js";
import {
  editDescriptor,
  type Edits,
  plantedGo,
  plantedPython,
  plantedTypeScript,
  replace,
} from "./harness/plant.js";

const manifest = manifestOf(readImage(ourImage(), "it"));
const THREADS = "ameide.threads.v1.ThreadsService";

function found(surface: Surface): readonly Problem[] {
  return check(manifest, [surface]).problems;
}

function inOrder(...edits: ((text: string) => string)[]) {
  return (text: string) => edits.reduce((before, edit) => edit(before), text);
}

describe.runIf(installed("ts"))("TypeScript", () => {
  const THREADS_PB = "ameide/threads/v1/threads_pb";
  const edits: Edits = {
    // A stream turned unary, and a lowered idempotency level.
    [`${THREADS_PB}.js`]: editDescriptor(({ service }) => {
      const methods = new Map(service[0]?.method.map((method) => [method.name, method]));
      there(methods.get("WatchThread")).serverStreaming = false;
      there(there(methods.get("GetThread")).options).idempotencyLevel = Level.IDEMPOTENT;
    }),
    [`${THREADS_PB}.d.ts`]: replace(/(?<=watchThread: \{\n {4}methodKind: ")\w+/, "unary"),
    "roster.d.ts": replace(/.*LazyService<typeof sessionsService>;\n/, ""),
    "roster.js": inOrder(
      replace(/(?<=watchThread: ")\w+/, "unary"),
      // A service that is not wired.
      replace(/ {2}sessions: \{[^]*?\n {2}\},\n/, ""),
    ),
  };

  it("is red of what is planted, and of nothing else", async () => {
    const problems = found(await plantedTypeScript(edits));
    const threads = { sdk: "ts", service: THREADS };
    const both = ["stubs", "createAmeideClient"];
    const level = "idempotency level is idempotent, should be no_side_effects";
    expect(problems).toEqual([
      { ...threads, method: "GetThread", rule: "wrong-policy", message: level, where: both },
      {
        ...threads,
        method: "WatchThread",
        rule: "wrong-kind",
        message: "kind is unary, should be server_streaming",
        where: both,
      },
      {
        sdk: "ts",
        service: "ameide.identity.v1.SessionsService",
        rule: "missing",
        message: "it has a stub, but no client sessions: it is not wired into the roster",
        where: ["createAmeideClient"],
      },
    ]);
  });
});

describe.runIf(installed("go"))("Go", () => {
  const meter = "meterv1connect";
  const edits: Edits = {
    "ameide/threads/v1/threadsv1connect/threads.connect.go": inOrder(
      // An RPC that is missing.
      replace(/\tDeleteThread\(context.*\n/, ""),
      replace(
        /(?<=ByName\("GetThread"\)\),\n\t+connect.WithIdempotency\(connect.)\w+/,
        "IdempotencyIdempotent",
      ),
      // A stream turned unary.
      replace(/(?<=\tWatchThread\(.*\) \()\*connect.*(?=, error\))/, "*v1.WatchThreadResponse"),
      replace(
        /(?<=Client\) WatchThread\(.*\) \()\*connect.*(?=, error\) \{)[^}]*/,
        "*v1.WatchThreadResponse, error) {\n" +
          "\tresponse, err := c.watchThread.CallUnary(ctx, connect.NewRequest(req))\n" +
          "\tif err != nil {\n\t\treturn nil, err\n\t",
      ),
      replace(/(?<=c\.watchThread\.CallUnary[^}]*\})/, "\n\treturn response.Msg, nil\n}"),
    ),
    // An idempotency level in a descriptor alone.
    "ameide/identity/v1/sessions.pb.go": replace(
      '.GetSessionResponse\\"\\x03\\x90\\x02\\x01',
      '.GetSessionResponse\\"\\x03\\x90\\x02\\x02',
    ),
    // A service that is not wired.
    "roster/roster.go": replace(new RegExp(`.*(Meter calls|${meter}).*\n`, "g"), ""),
  };

  it("is red of what is planted, and of nothing else", { timeout: 120_000 }, async () => {
    const problems = found(await plantedGo(edits));
    const where = ["client.New"];
    const threads = { sdk: "go", service: THREADS, where };
    const level = "idempotency level is idempotent, should be no_side_effects";
    expect(problems).toEqual([
      {
        sdk: "go",
        service: "ameide.identity.v1.SessionsService",
        method: "GetSession",
        rule: "wrong-policy",
        message: level,
        where: ["stubs"],
      },
      {
        sdk: "go",
        service: "ameide.meter.v1.MeterService",
        rule: "missing",
        message: "it has a stub, but no client Meter: it is not wired into the roster",
        where,
      },
      { ...threads, method: "DeleteThread", rule: "missing", message: "the method does not exist" },
      { ...threads, method: "GetThread", rule: "wrong-policy", message: level },
      {
        ...threads,
        method: "WatchThread",
        rule: "wrong-kind",
        message: "kind is unary, should be server_streaming",
      },
    ]);
  });
});

describe.runIf(installed("python"))("Python", () => {
  const SESSIONS = "ameide/identity/v1/sessions_connect.py";
  const edits: Edits = {
    // A service that nobody asked for.
    "roster.py": replace(
      /^ {4}\("sessions", f"(.*)\.sessions_connect"/m,
      '    ("billing", f"$1.billing_connect", "BillingServiceClient", "BillingServiceClientSync"),\n$&',
    ),
    "ameide/identity/v1/billing_connect.py": () => BILLING,
    "ameide/identity/v1/sessions_pb.py": replace(
      '.ListSessionsResponse"\\x03\\x90\\x02\\x01',
      '.ListSessionsResponse"\\x03\\x90\\x02\\x02',
    ),
    [SESSIONS]: inOrder(
      // A renamed method.
      replace("def get_session(", "def fetch_session("),
      replace(
        /(?<=name="ListSessions",(\n.*){3}\n.*IdempotencyLevel\.)NO_SIDE_EFFECTS/g,
        "IDEMPOTENT",
      ),
    ),
  };

  it("is red of what is planted, and of nothing else", async () => {
    const surface = await plantedPython(edits);
    const problems = found(surface);
    const sessions = {
      sdk: "python",
      service: "ameide.identity.v1.SessionsService",
      where: ["AmeideClient", "AsyncAmeideClient"],
    };
    expect(problems).toEqual([
      {
        ...sessions,
        method: "ListSessions",
        rule: "wrong-policy",
        message: "idempotency level is idempotent, should be no_side_effects",
        where: ["stubs", ...sessions.where],
      },
      {
        ...sessions,
        method: "GetSession",
        rule: "wrong-name",
        message: "name is fetch_session, should be get_session",
      },
      {
        ...sessions,
        service: "acme.billing.v1.BillingService",
        rule: "extra",
        message: "the client billing is in no manifest",
      },
    ]);
  });
});

const BILLING = `
from __future__ import annotations
from connectrpc.client import ConnectClient, ConnectClientSync
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from .sessions_pb import GetSessionRequest, GetSessionResponse

CHARGE = MethodInfo(
    name="Charge",
    service_name="acme.billing.v1.BillingService",
    input=GetSessionRequest,
    output=GetSessionResponse,
    idempotency_level=IdempotencyLevel.UNKNOWN,
    stream_type=StreamType.UNARY,
)

class BillingServiceClient(ConnectClient):
    async def charge(self, request: GetSessionRequest, *, headers=None, timeout_ms=None) -> GetSessionResponse:
        return await self.execute_unary(request=request, method=CHARGE, headers=headers, timeout_ms=timeout_ms)

class BillingServiceClientSync(ConnectClientSync):
    def charge(self, request: GetSessionRequest, *, headers=None, timeout_ms=None) -> GetSessionResponse:
        return self.execute_unary(request=request, method=CHARGE, headers=headers, timeout_ms=timeout_ms)
`;
