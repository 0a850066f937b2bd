/** A row of the benchmarks in `go/rows.go`, by the name it has there. */
export interface GoRow {
  readonly row: string;
  readonly name: string;
  /** Each run is this many messages; default 1. */
  readonly per?: number;
  /** Measured by `--quick` too. */
  readonly quick?: boolean;
  /** A control: the bare client against itself. */
  readonly control?: boolean;
}

/** The rows that have the goals. */
export const GO_UNARY: GoRow = { row: "unary", name: "go: unary, all policies", quick: true };
export const GO_LOOPBACK: readonly GoRow[] = [
  { row: "loopback_http1", name: "go: loopback, HTTP/1.1", quick: true },
  { row: "loopback_h2c", name: "go: loopback, h2c", quick: true },
];

/** The SDK for Go against the bare Connect client for Go. */
export const GO_COMPARED: readonly GoRow[] = [
  { row: "control", name: "go: A/A: bare against bare", quick: true, control: true },
  GO_UNARY,
  { row: "stream", name: "go: server stream, per message", per: 100 },
  { row: "loopback_control", name: "go: loopback, A/A", quick: true, control: true },
  ...GO_LOOPBACK,
  { row: "loopback_http1_headers", name: "go: loopback, HTTP/1.1, same headers" },
  { row: "loopback_h2c_headers", name: "go: loopback, h2c, same headers" },
  { row: "loopback_grpc", name: "go: loopback, h2c, gRPC" },
];

/** The SDK for Go against itself, with one thing more. */
export const GO_POLICIES: readonly GoRow[] = [
  { row: "auth", name: "go: auth" },
  { row: "tenant", name: "go: tenant" },
  { row: "request_id", name: "go: request id" },
  { row: "idempotency_key", name: "go: idempotency key" },
  { row: "deadline", name: "go: deadline" },
  { row: "retry", name: "go: retry, attempt timeout" },
  { row: "telemetry", name: "go: telemetry, nobody registered" },
  { row: "observer", name: "go: observer" },
];
