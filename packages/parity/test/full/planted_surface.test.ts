import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { judged, redLines } from "../harness/gate.js";
import { installed } from "../harness/installed.js";
import {
  editDescriptor,
  type Edits,
  plantedGo,
  plantedPython,
  plantedTypeScript,
  replace,
} from "../harness/plant.js";
import { there } from "../harness/there.js";

function inOrder(...edits: ((text: string) => string)[]) {
  return (text: string) => edits.reduce((before, edit) => edit(before), text);
}

describe.runIf(await installed("ts"))("TypeScript", () => {
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

  it("fails the gate with what is planted, and with nothing else", async () => {
    const verdict = await judged(await plantedTypeScript(edits));
    expect(verdict.verdict).toBe("fail");
    expect(redLines(verdict, "manifest")).toEqual([
      "✗ manifest ts, ameide.threads.v1.ThreadsService/GetThread: wrong policy: idempotency level is idempotent, should be no_side_effects (stubs, createAmeideClient)",
      "✗ manifest ts, ameide.threads.v1.ThreadsService/WatchThread: wrong kind: kind is unary, should be server_streaming (stubs, createAmeideClient)",
      "✗ manifest ts, ameide.identity.v1.SessionsService: missing: it has a stub, but no client sessions: it is not wired into the roster (createAmeideClient)",
    ]);
    expect(verdict.red.filter(({ part }) => part === "pins").map(({ row }) => row)).toEqual([
      "ameide.identity.v1.SessionsService",
      "ameide.threads.v1.ThreadsService",
    ]);
  });
});

describe.runIf(await installed("go"))("Go", () => {
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

  it(
    "fails the gate with what is planted, and with nothing else",
    { timeout: 240_000 },
    async () => {
      const verdict = await judged(await plantedGo(edits));
      expect(verdict.verdict).toBe("fail");
      expect(redLines(verdict, "manifest")).toEqual([
        "✗ manifest go, ameide.identity.v1.SessionsService/GetSession: wrong policy: idempotency level is idempotent, should be no_side_effects (stubs)",
        "✗ manifest go, ameide.meter.v1.MeterService: missing: it has a stub, but no client Meter: it is not wired into the roster (client.New)",
        "✗ manifest go, ameide.threads.v1.ThreadsService/DeleteThread: missing: the method does not exist (client.New)",
        "✗ manifest go, ameide.threads.v1.ThreadsService/GetThread: wrong policy: idempotency level is idempotent, should be no_side_effects (client.New)",
        "✗ manifest go, ameide.threads.v1.ThreadsService/WatchThread: wrong kind: kind is unary, should be server_streaming (client.New)",
      ]);
      expect(redLines(verdict, "pins")).toHaveLength(3);
    },
  );
});

describe.runIf(await installed("python"))("Python", () => {
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

  it("fails the gate with what is planted, and with nothing else", async () => {
    const verdict = await judged(await plantedPython(edits));
    expect(verdict.verdict).toBe("fail");
    expect(redLines(verdict, "manifest")).toEqual([
      "✗ manifest python, ameide.identity.v1.SessionsService/ListSessions: wrong policy: idempotency level is idempotent, should be no_side_effects (stubs, AmeideClient, AsyncAmeideClient)",
      "✗ manifest python, ameide.identity.v1.SessionsService/GetSession: wrong name: name is fetch_session, should be get_session (AmeideClient, AsyncAmeideClient)",
      "✗ manifest python, acme.billing.v1.BillingService: extra: the client billing is in no manifest (AmeideClient, AsyncAmeideClient)",
    ]);
    expect(redLines(verdict, "pins")).toEqual([
      "✗ pins python, ameide.identity.v1.SessionsService: the surface is not what is pinned: review it, then npx -y pnpm@12.21.0 parity --pin",
      "✗ pins python, acme.billing.v1.BillingService: the surface is not pinned: review it, then npx -y pnpm@12.21.0 parity --pin",
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
