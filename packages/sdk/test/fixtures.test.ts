import {
  ChangeSchema,
  type CloudEvent,
  CloudEventSchema,
} from "@ameideio/core-proto/ameide/events/v1";
import { createRegistry, type DescMessage, type JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { unpackChange } from "../src/events.js";
import { FixtureError, fixtures, load, names, read } from "../src/fixtures.js";
import { readVectors } from "./harness/vectors.js";

interface Vectors {
  readonly read: readonly {
    readonly name: string;
    readonly code: string;
    readonly nearest?: string;
  }[];
  readonly load: readonly {
    readonly name: string;
    readonly of: "change" | "cloud_event";
    readonly type?: string;
    readonly payload?: JsonObject;
    readonly code?: string;
  }[];
}

const vectors = readVectors("fixtures") as Vectors;
const SCHEMAS: Readonly<Record<"change" | "cloud_event", DescMessage>> = {
  change: ChangeSchema,
  cloud_event: CloudEventSchema,
};

function errorOf(run: () => unknown): FixtureError {
  try {
    run();
  } catch (error) {
    if (error instanceof FixtureError) {
      return error;
    }
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("read()", () => {
  it("reads every name, each a copy", () => {
    expect(names().length).toBeGreaterThan(0);
    expect(names()).toEqual(names().toSorted());
    for (const name of names()) {
      expect(read(name)).toEqual(fixtures.find((fixture) => fixture.name === name));
      expect(read(name).json).not.toBe(read(name).json);
    }
  });

  it.each(vectors.read)("$code: $name", ({ name, code, nearest }) => {
    const error = errorOf(() => read(name));
    expect([error.code, error.near[0]]).toEqual([code, nearest]);
    expect(error.message).toContain(nearest ?? "");
    expect(error.message.length).toBeLessThan(800);
  });

  it("names four that are near at most", () => {
    const { near } = errorOf(() => read("ameide"));
    expect(near).toHaveLength(4);
  });

  it.each([undefined, null, 5, {}])("refuses %s", (name) => {
    expect(errorOf(() => read(name as never)).code).toBe("invalid");
  });
});

describe("load()", () => {
  it.each(vectors.load.filter(({ code }) => code !== undefined))(
    "$code: $name as $of",
    ({ name, of, code }) => {
      expect(errorOf(() => load(SCHEMAS[of], name)).code).toBe(code);
    },
  );

  it.each(vectors.load.filter(({ code }) => code === undefined))(
    "$name as $of",
    ({ name, of, type, payload }) => {
      const message = load(SCHEMAS[of], name);
      expect(message.$typeName).toBe(SCHEMAS[of].typeName);
      const event = type === undefined ? undefined : (message as CloudEvent);
      expect(event?.type).toBe(type);
      expect(event && unpackChange(event).payload).toEqual(payload);
    },
  );

  it("takes messages of yours", () => {
    const name = "ameide/events/v1/cloud_event.pipeline.changes.activity.create";
    const event = load(CloudEventSchema, name, { registry: createRegistry(ChangeSchema) });
    expect(event.data?.typeUrl).toMatch(/Change$/);
  });
});
