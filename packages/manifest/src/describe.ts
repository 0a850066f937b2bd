import { create, type DescMethod, type DescService } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import {
  type Method,
  MethodSchema,
  type Service,
  ServiceSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { byText } from "./canonical.js";
import { factsOf } from "./facts.js";

/** Describes a service, without names in languages. Its methods are sorted by name. */
export function describeService(service: DescService): Service {
  return create(ServiceSchema, {
    name: service.typeName,
    deprecated: service.deprecated,
    methods: service.methods.map(describeMethod).sort((a, b) => byText(a.name, b.name)),
  });
}

function describeMethod(method: DescMethod): Method {
  return create(MethodSchema, {
    name: method.name,
    kind: method.methodKind,
    input: method.input.typeName,
    output: method.output.typeName,
    idempotency: idempotencyWord(method.idempotency),
    deprecated: method.deprecated || method.parent.deprecated,
    facts: factsOf(method),
  });
}

/** Returns the word for an idempotency level: `no_side_effects`, `idempotent` or `unknown`. */
export function idempotencyWord(level: Level): string {
  return level === Level.IDEMPOTENCY_UNKNOWN ? "unknown" : Level[level].toLowerCase();
}
