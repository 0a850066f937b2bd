import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { readImage } from "@ameideio/core-proto/image";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { scriptedThreads, t1, thread } from "./harness/scripted_threads.js";
import type { AmeideOptions } from "../src/index.js";

const { getThread } = ThreadsService.method;
const SERVICE = "ameide.threads.v1.ThreadsService";

function explained(options: AmeideOptions = {}, method: typeof getThread = getThread) {
  return scriptedThreads([thread], options).transport.explain(method);
}

describe("explain has the line of a fact, where the descriptor knows it", () => {
  const image = createFileRegistry(fromBinary(FileDescriptorSetSchema, readImage()));
  const service = image.getService(SERVICE) as DescService;
  const inImage = service.methods.find(({ name }) => name === "GetThread") as typeof getThread;
  const place = /^proto: (\S+) \(ameide\/threads\/v1\/threads\.proto:(\d+)\)$/;

  it.each<[string, AmeideOptions, typeof getThread]>([
    ["of a method that is from an image", {}, inImage],
    ["of a generated one, by the image as registry", { registry: image }, getThread],
  ])("%s", (_name, options, method) => {
    const { values } = explained(options, method);
    const [, ofMethod, line] = place.exec(values.idempotency.source) ?? [];
    expect(ofMethod).toBe(`${SERVICE}/GetThread`);
    const [, ofService, above] = place.exec(values.scopes.source) ?? [];
    expect(ofService).toBe(SERVICE);
    expect(Number(above)).toBeLessThan(Number(line));
    const spans = service.file.proto.sourceCodeInfo?.location ?? [];
    const index = service.methods.indexOf(inImage);
    const option = spans.find(({ path }) => path.join() === `6,0,2,${index},4,34`);
    expect(Number(line)).toBe(Number(option?.span[0]) + 1);
  });

  it("control: generated code knows none", () => {
    expect(explained().values.idempotency.source).toBe(`proto: ${SERVICE}/GetThread`);
  });
});

it("without a method it explains the methods called so far", async () => {
  const made = scriptedThreads([thread]);
  expect(made.transport.explain()).toEqual([]);
  await made.threads.getThread(t1);
  made.transport.explain(MeterService.method.recordUsage);
  expect(made.transport.explain().map(({ method }) => method)).toEqual([
    `${SERVICE}/GetThread`,
    "ameide.meter.v1.MeterService/RecordUsage",
  ]);
});
