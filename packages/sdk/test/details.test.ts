import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { base64Encode, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
} from "@ameideio/core-proto/google/rpc";
import { describe, expect, it } from "vitest";
import { detail, failureOf, LEVELS, scripted } from "./harness/scripted_call.js";
import { connectError } from "./harness/scripted_client.js";
import { AmeideError, type AmeideOptions } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";

async function errorFor(details: readonly object[], options: AmeideOptions = {}) {
  const answers = [connectError("failed_precondition", 400, {}, { details })];
  return failureOf(LEVELS.unknown(scripted({ answers, options }).client));
}

// What the stubs read of the same error, as far as it is promoted.
function byStubs(error: ConnectError) {
  const [info] = error.findDetails(ErrorInfoSchema);
  const texts = (found: readonly object[], ...names: readonly string[]) =>
    found.map((each) => Object.fromEntries(names.map((name) => [name, Reflect.get(each, name)])));
  return {
    reason: info?.reason,
    domain: info?.domain,
    reasonMetadata: info?.metadata ?? {},
    serverRequestId: error.findDetails(RequestInfoSchema)[0]?.requestId,
    fieldViolations: texts(
      error.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [],
      "field",
      "description",
    ),
    quotaViolations: texts(
      error.findDetails(QuotaFailureSchema)[0]?.violations ?? [],
      "subject",
      "description",
    ),
    preconditionViolations: texts(
      error.findDetails(PreconditionFailureSchema)[0]?.violations ?? [],
      "type",
      "subject",
      "description",
    ),
  };
}

const everything = [
  detail(ErrorInfoSchema, {
    reason: "QUOTA",
    domain: "acme.test",
    metadata: { limit: "10", "": "no name", none: "", é: "𝄞" },
  }),
  detail(RequestInfoSchema, { requestId: "of-the-server", servingData: "what we skip" }),
  detail(BadRequestSchema, {
    fieldViolations: [
      {
        field: "title",
        description: "\ufeffzu lang: ÄÖÜ €",
        reason: "TOO_LONG",
        localizedMessage: { locale: "de", message: "zu lang" },
      },
      {},
    ],
  }),
  detail(QuotaFailureSchema, {
    violations: [
      {
        subject: "team:a",
        description: "used up",
        apiService: "acme.test",
        quotaMetric: "m",
        quotaId: "q",
        quotaDimensions: { region: "eu" },
        quotaValue: -1n,
        futureQuotaValue: 2n ** 62n,
      },
      { description: "no subject" },
    ],
  }),
  detail(PreconditionFailureSchema, {
    violations: [{ type: "TOS", subject: "acme.test", description: "not accepted" }],
  }),
];

function written(write: (writer: BinaryWriter) => BinaryWriter): object {
  const bytes = write(new BinaryWriter()).finish();
  return { type: ErrorInfoSchema.typeName, value: base64Encode(bytes, "std_raw") };
}

const reason = (writer: BinaryWriter, text: string) =>
  writer.tag(1, WireType.LengthDelimited).string(text);

describe("promoted details", () => {
  it("are what the stubs read", async () => {
    const error = await errorFor(everything);
    expect(error).toMatchObject(byStubs(error));
    expect(error.reasonMetadata).toEqual({ limit: "10", "": "no name", none: "", é: "𝄞" });
    expect([error.fieldViolations.length, error.quotaViolations.length]).toEqual([2, 2]);
    const none = await errorFor([]);
    expect(none).toMatchObject(byStubs(none));
  });

  it.each<[string, object, string | undefined]>([
    [
      "fields nobody knows, of every wire type",
      written((writer) =>
        reason(
          writer
            .tag(100, WireType.Varint)
            .uint32(7)
            .tag(101, WireType.Bit32)
            .fixed32(7)
            .tag(102, WireType.Bit64)
            .fixed64(7n)
            .tag(103, WireType.StartGroup)
            .tag(1, WireType.Varint)
            .uint32(7)
            .tag(103, WireType.EndGroup)
            .tag(104, WireType.LengthDelimited)
            .string("what?"),
          "KNOWN",
        ),
      ),
      "KNOWN",
    ],
    [
      "a field that stands twice: the last counts",
      written((writer) => reason(reason(writer, "FIRST"), "LAST")),
      "LAST",
    ],
    [
      "text that is no UTF-8",
      written((writer) => writer.tag(1, WireType.LengthDelimited).bytes(Uint8Array.of(0xff))),
      undefined,
    ],
    [
      "a message that breaks off",
      written((writer) => writer.tag(1, WireType.LengthDelimited).uint32(9)),
      undefined,
    ],
  ])("%s", async (_what, given, expected) => {
    const error = await errorFor([given]);
    expect(error.reason).toBe(expected);
    expect(byStubs(error).reason).toBe(expected);
    expect(error.details).toHaveLength(1);
  });

  it("an interceptor's own, which were never on the wire", async () => {
    const value = { reason: "MINE", metadata: { a: "b" } };
    const interceptor: Interceptor = () => () =>
      Promise.reject(
        new ConnectError("no", Code.Aborted, undefined, [{ desc: ErrorInfoSchema, value }]),
      );
    const error = await errorFor([], { interceptors: [interceptor] });
    expect(error).toMatchObject({ reason: "MINE", reasonMetadata: { a: "b" } });
  });

  it("a wrong option is a detail that the stubs read", () => {
    let error: unknown;
    try {
      createAmeideTransport({ baseUrl: "ftp://grüße.test" });
    } catch (thrown) {
      error = thrown;
    }
    const wrong = AmeideError.from(error);
    expect(wrong.fieldViolations).toEqual([
      { field: "baseUrl", description: expect.stringContaining("https") },
    ]);
    expect(wrong).toMatchObject({ fieldViolations: byStubs(wrong).fieldViolations });
  });
});
