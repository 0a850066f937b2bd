import type { DescMethod } from "@bufbuild/protobuf";
import { ConformanceService } from "@ameideio/conformance-proto";

/** Codes, in Connect's spelling. */
export const CODES = [
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
] as const;

/** Sources of a failure. */
export const ORIGINS = ["server", "transport", "client"] as const;

/** Reasons for not trying a call again. */
export const STOP_REASONS = [
  "canceled",
  "committed",
  "not_retryable",
  "not_idempotent",
  "server_pushback",
  "attempts",
  "server_delay",
  "deadline",
  "budget",
] as const;

/** Classes of failures. */
export const CLASSES = ["NOT_SENT", "AMBIGUOUS", "THROTTLE", "TRANSIENT", "NEVER"] as const;

export const ENTRIES = ["generic", "roster"] as const;
export const PROTOCOLS = ["connect", "grpc", "grpc-web"] as const;
export const FORMATS = ["binary", "json"] as const;
export const HTTP_VERSIONS = ["1.1", "2", "auto"] as const;
/** `native` is the language's own, whatever it is. */
export const HTTP_CLIENTS = ["native", "fetch"] as const;

/** Abilities that a language may lack by its nature. */
export const ABILITIES = [
  "cancel",
  "eager_streams",
  "keep_alive",
  "loose_types",
  "pulled_input",
] as const;
export type Ability = (typeof ABILITIES)[number];

/** Answers to whether a server may have read a request. */
export const SENT = ["no", "maybe", "yes"];

/** Kinds of methods, as descriptors name them. */
export type Kind = DescMethod["methodKind"];

/** Kind of each method by its name: `Idempotent` is `unary`. */
export const METHODS: ReadonlyMap<string, Kind> = new Map(
  ConformanceService.methods.map(({ name, methodKind }) => [name, methodKind]),
);
