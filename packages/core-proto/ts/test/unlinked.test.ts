import { getExtension, hasExtension } from "@bufbuild/protobuf";
import { FieldOptionsSchema } from "@bufbuild/protobuf/wkt";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { field as rules } from "@ameideio/core-proto/buf/validate";
import { describe, expect, it } from "vitest";
import { rosterServices } from "./stubs.js";

describe("what declares the rules of messages", () => {
  it("is not loaded by any service's stubs", async () => {
    const loaded = new Set<string>();
    const visit = (file: { name: string; dependencies: readonly (typeof file)[] }) => {
      loaded.add(file.name);
      file.dependencies.forEach(visit);
    };
    for (const service of await rosterServices()) {
      visit(service.file);
    }
    expect([...loaded]).toContain("ameide/policy/v1/policy");
    expect([...loaded]).not.toContain("buf/validate/validate");
  });

  it("is all that is gone: the rules are there for whoever brings it", () => {
    const teamId = MeterService.method.recordUsage.input.field.teamId;
    const options = teamId?.proto.options;
    expect(options?.$typeName).toBe(FieldOptionsSchema.typeName);
    if (options === undefined || !hasExtension(options, rules)) {
      throw new Error("no rules");
    }
    expect(getExtension(options, rules).type).toMatchObject({
      case: "string",
      value: { minLen: 1n },
    });
  });
});
