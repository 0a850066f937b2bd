/** Facts of a case's run. */
export interface SuiteRun {
  /** Encoding of messages of calls and answers. Errors of the Connect protocol are JSON. */
  readonly format: "binary" | "json";
  readonly protocol: "connect" | "grpc" | "grpc-web";
  /** True if the called methods stream. Only Connect answers unary ones differently. */
  readonly streams?: boolean;
  /** Port of the server, which replaces `{port}` in the value of a header. */
  readonly port?: number;
}
