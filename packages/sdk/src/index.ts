export { AmeideError, isAmeideError } from "./errors/errors.js";
export type {
  AttemptFailure,
  FieldViolation,
  PreconditionViolation,
  QuotaViolation,
} from "./errors/errors.js";
export { attemptInfo, call } from "./call/call_options.js";
export type { AttemptInfo } from "./call/call_options.js";
export { createClient } from "./clients/create_client.js";
export { paginate } from "./clients/paginate.js";
export type { ItemOf, Page, Paginated, PaginateOptions } from "./clients/paginate.js";
export type {
  AmbientDeadline,
  AmeideOptions,
  BudgetOptions,
  CallSettings,
  CompressionName,
  CompressionOptions,
  DrainOptions,
  FetchFunction,
  FetchInit,
  HeaderNames,
  KeepAliveOptions,
  RetryOptions,
  Settings,
  TlsOptions,
  TlsSource,
  Wire,
  WireOptions,
} from "./options/options.js";
export type { Auth, Token, TokenProvider, TokenRequest } from "./auth/auth.js";
export type {
  AttemptFailed,
  AttemptStarted,
  CallEvent,
  Done,
  Observer,
  Waiting,
  WouldHave,
} from "./telemetry/observer.js";
export type { ExplainedValue, Explanation } from "./config/explain.js";
export type { DrainResult } from "./call/lifetime.js";
export type { Logger, LogLevel } from "./telemetry/log.js";
export type { Origin, Sent } from "./policy/failure.js";
export type { Preset, Protocol } from "./policy/policy.js";
export type { RetryClass, StopReason } from "./policy/retry.js";
export type { Telemetry } from "./telemetry/telemetry.js";
export type { AmeideTransport } from "./transport/transport.js";
export { version } from "./runtime/version.js";
