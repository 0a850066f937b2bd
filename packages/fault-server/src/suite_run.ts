/** What is known of a run of a case. */
export interface SuiteRun {
  /** How messages of calls and answers are encoded. Errors of the Connect protocol are JSON. */
  readonly format: "binary" | "json";
  readonly protocol: "connect" | "grpc" | "grpc-web";
  /** The methods that are called stream. Only Connect answers unary ones in another way. */
  readonly streams?: boolean;
  /** Port of the server: what `{port}` in the value of a header stands for. */
  readonly port?: number;
}
