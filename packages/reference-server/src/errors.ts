import { inspect } from "node:util";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { CompilationError, RuntimeError, ValidationError } from "@bufbuild/protovalidate";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  StatusSchema,
  type Status,
} from "@ameideio/core-proto/google/rpc";

/** One request field that breaks a rule. */
export interface FieldProblem {
  /** Path of the field in proto names, for example `messages[0].parts`. */
  field: string;
  /** Rule, in upper snake case. */
  reason: string;
  /** Rule in words. */
  description: string;
}

/** Parts of a {@link Problem} beyond code, reason and message. */
export interface ProblemExtras {
  /** Facts for machines, the `metadata` of `google.rpc.ErrorInfo`. */
  metadata?: Record<string, string>;
  /** The wrong fields, sent as `google.rpc.BadRequest`. */
  fields?: FieldProblem[];
  /** Response headers. */
  headers?: Record<string, string>;
  /** Cause of the problem. Never sent. */
  cause?: unknown;
}

/** Refusal, before it is sent with the ids of its call. */
export class Problem extends Error {
  override readonly name = "Problem";

  /** @param reason - Upper snake case, the `reason` of `google.rpc.ErrorInfo`. */
  constructor(
    readonly code: Code,
    readonly reason: string,
    message: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(message, { cause: extras.cause });
  }
}

/** Creates an `invalid_argument` for one field, by its path in proto names. */
export function invalidField(field: string, reason: string, description: string): Problem {
  return new Problem(Code.InvalidArgument, reason, `${field}: ${description}`, {
    fields: [{ field, reason, description }],
  });
}

/** Creates a `not_found` for a resource of the tenant, for example `notFound("thread", id)`. */
export function notFound(resource: string, id: string): Problem {
  return new Problem(
    Code.NotFound,
    `${resource.toUpperCase()}_NOT_FOUND`,
    `${resource.replaceAll("_", " ")} not found`,
    { metadata: { [`${resource}_id`]: id } },
  );
}

/** Creates a `failed_precondition` for something that is still in use, or in the wrong state. */
export function precondition(reason: string, message: string): Problem {
  return new Problem(Code.FailedPrecondition, reason, message);
}

/** Creates a `failed_precondition` for an idempotency key that came with another request. */
export function keyReused(): Problem {
  return new Problem(
    Code.FailedPrecondition,
    "IDEMPOTENCY_KEY_REUSED",
    "the idempotency key came with another request before",
  );
}

/**
 * Returns the error that a client gets: `google.rpc.ErrorInfo`, whose domain is the service,
 * `google.rpc.RequestInfo`, and `google.rpc.BadRequest` if fields are wrong (AIP-193).
 */
export function toConnectError(error: unknown, service: string, requestId: string): ConnectError {
  const problem = toProblem(error);
  const { metadata = {}, fields = [], headers } = problem.extras;
  const details: ConnectError["details"] = [
    { desc: ErrorInfoSchema, value: { reason: problem.reason, domain: service, metadata } },
    { desc: RequestInfoSchema, value: { requestId } },
  ];
  if (fields.length > 0) {
    details.push({ desc: BadRequestSchema, value: { fieldViolations: fields } });
  }
  const result = new ConnectError(problem.message, problem.code, headers, undefined, problem.cause);
  result.details.push(...details);
  return result;
}

/** Returns the same error as a message, for a stream that reports it in an event. */
export function toStatus(error: ConnectError): Status {
  const details = error.details.flatMap((detail) =>
    "desc" in detail ? [anyPack(detail.desc, create(detail.desc, detail.value))] : [],
  );
  return create(StatusSchema, { code: error.code, message: error.rawMessage, details });
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  const cause = error instanceof ConnectError ? error.cause : undefined;
  if (cause instanceof ValidationError) {
    return invalidFields(cause);
  }
  if (cause instanceof CompilationError || cause instanceof RuntimeError) {
    return internal(cause);
  }
  const known = ConnectError.from(error, Code.Internal);
  if (known.code === Code.Internal) {
    return internal(error);
  }
  return new Problem(known.code, upperSnake(Code[known.code] ?? ""), known.rawMessage, {
    cause: error,
  });
}

function invalidFields(error: ValidationError): Problem {
  const fields = error.violations.map((violation) => ({
    field: pathToString(violation.field),
    reason: upperSnake(violation.ruleId),
    description: violation.message,
  }));
  const [first] = fields;
  const more = fields.length > 1 ? `, and ${fields.length - 1} more` : "";
  const where = first?.field ? `${first.field}: ` : "";
  return new Problem(
    Code.InvalidArgument,
    "INVALID_FIELD",
    `${where}${first?.description ?? "invalid request"}${more}`,
    { fields, cause: error },
  );
}

/** Reports a bug of this server: shown where it runs, not to the client. */
function internal(cause: unknown): Problem {
  process.stderr.write(`${inspect(cause)}\n`);
  return new Problem(Code.Internal, "INTERNAL", "internal error", { cause });
}

function upperSnake(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}
