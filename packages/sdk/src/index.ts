export { AmeideError, isAmeideError } from "./errors.js";
export type {
  AttemptFailure,
  FieldViolation,
  PreconditionViolation,
  QuotaViolation,
} from "./errors.js";
export { attemptInfo, call } from "./call.js";
export type { AttemptInfo } from "./call.js";
export { createClient } from "./create_client.js";
export { paginate } from "./page.js";
export type { ItemOf, Page, Paginated, PaginateOptions } from "./page.js";
export type {
  AmbientDeadline,
  AmeideOptions,
  BudgetOptions,
  CallSettings,
  CompressionName,
  CompressionOptions,
  KeepAliveOptions,
  FetchFunction,
  FetchInit,
  HeaderNames,
  RetryOptions,
  Settings,
  TlsOptions,
  TlsSource,
} from "./options.js";
export type { Auth, Token, TokenProvider, TokenRequest } from "./auth.js";
export type {
  AttemptFailed,
  AttemptStarted,
  CallEvent,
  Done,
  Observer,
  Waiting,
  WouldHave,
} from "./observer.js";
export type { ExplainedValue, Explanation } from "./explain.js";
export type { Logger, LogLevel } from "./log.js";
export type { Origin, Sent } from "./normalize.js";
export type { Preset, Protocol } from "./policy.js";
export type { RetryClass, StopReason } from "./retry.js";
export type { Telemetry } from "./telemetry.js";
export type { AmeideTransport } from "./transport.js";
export { version } from "./version.js";
