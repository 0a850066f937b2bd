import { performance } from "node:perf_hooks";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  DescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import {
  InspectionSchema,
  type Manifest,
  ManifestSchema,
  SurfaceSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { toCanonicalJson } from "./canonical.js";
import { check, type Verdict } from "./check/check.js";
import { changesOf } from "./diff.js";
import { manifestOf } from "./emit.js";
import { readImage } from "./image.js";
import { readManifest, readSurface } from "./read.js";
import { LANGUAGES, type Sdk, SDKS } from "./sdks.js";
import { surfaceOf } from "./surface.js";

/** Size of a synthetic module: services, each in a file of its own, and methods of each. */
export interface Size {
  readonly services: number;
  readonly methods: number;
}

/** How long each step took in milliseconds, and what came of the last. */
export interface Scaled {
  readonly steps: Readonly<Record<string, number>>;
  readonly verdict: Verdict;
}

/** Times emit, surface (what is done of it here, for three SDKs), check and diff of a synthetic module. */
export function scale(size: Size): Scaled {
  const steps: Record<string, number> = {};
  const timed = <T>(step: string, work: () => T): T => {
    const startedMs = performance.now();
    const result = work();
    steps[step] = performance.now() - startedMs;
    return result;
  };
  const image = syntheticImage(size);
  const manifest = timed("emit", () =>
    toCanonicalJson(ManifestSchema, manifestOf(readImage(image, "it"))),
  );
  const clients = clientsOf(readManifest(manifest, "it"));
  const surfaces = timed("surface", () =>
    SDKS.map((sdk) =>
      toCanonicalJson(
        SurfaceSchema,
        surfaceOf(create(InspectionSchema, { sdk, clients: clients(sdk), descriptors: image })),
      ),
    ),
  );
  const verdict = timed("check", () =>
    check(
      readManifest(manifest, "it"),
      surfaces.map((surface) => readSurface(surface, "it")),
    ),
  );
  timed("diff", () => changesOf(readManifest(manifest, "it"), readManifest(manifest, "it")));
  return { steps, verdict };
}

function syntheticImage({ services, methods }: Size): Uint8Array {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  return toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, {
      file: numbers(services).map((file) =>
        create(FileDescriptorProtoSchema, {
          name: `scale/s${file}/v1/s${file}.proto`,
          package: `scale.s${file}.v1`,
          syntax: "proto3",
          messageType: numbers(methods).flatMap((method) =>
            ["Request", "Response"].map((kind) =>
              create(DescriptorProtoSchema, { name: `Get${method}${kind}` }),
            ),
          ),
          service: [
            {
              name: `S${file}Service`,
              method: numbers(methods).map((method) => ({
                name: `Get${method}`,
                inputType: `.scale.s${file}.v1.Get${method}Request`,
                outputType: `.scale.s${file}.v1.Get${method}Response`,
              })),
            },
          ],
        }),
      ),
    }),
  );
}

// What an inspector would see of an SDK that has everything.
function clientsOf({ services }: Manifest) {
  return (sdk: Sdk) =>
    services.map((service) => ({
      entry: "client",
      name: service.names?.[LANGUAGES[sdk]] ?? "",
      methods: service.methods.map(({ name, names, kind, input, output, idempotency }) => ({
        name: names?.[LANGUAGES[sdk]] ?? "",
        procedure: `${service.name}/${name}`,
        kind,
        input,
        output,
        idempotency,
      })),
    }));
}
