import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import {
  auth,
  AuthMode,
  idempotency_key,
  service_auth,
} from "@ameideio/core-proto/ameide/policy/v1";

/** Facts in the proto of a method that decide how the demo's calls end. */
export interface MethodFacts {
  /**
   * Fact that lets the SDK repeat a call the server may have acted on; undefined if there is none.
   */
  readonly repeatable: "NO_SIDE_EFFECTS" | "IDEMPOTENT" | "idempotency_key" | undefined;
  /** Calls carry a bearer token. */
  readonly bearer: boolean;
}

/** Reads the facts of a method from its descriptor, not from the SDK that is to keep them. */
export function methodFacts(method: DescMethod): MethodFacts {
  const mode = hasOption(method, auth)
    ? getOption(method, auth)
    : getOption(method.parent, service_auth);
  return { repeatable: repeatable(method), bearer: mode !== AuthMode.NONE };
}

function repeatable(method: DescMethod): MethodFacts["repeatable"] {
  if (method.idempotency === Level.NO_SIDE_EFFECTS) {
    return "NO_SIDE_EFFECTS";
  }
  if (method.idempotency === Level.IDEMPOTENT) {
    return "IDEMPOTENT";
  }
  return getOption(method, idempotency_key) ? "idempotency_key" : undefined;
}
