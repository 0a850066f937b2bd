export {
  type Authority,
  type Certificate,
  type CertificateRequest,
  createAuthority,
} from "./certificates.js";
export { Listener } from "./listener.js";
export { type RecordedRequest } from "./recorder.js";
export { ScriptError } from "./rules.js";
export type {
  Action,
  Body,
  BreakOff,
  Chunk,
  Cut,
  Forward,
  Goaway,
  Header,
  Http2Code,
  Moment,
  Refuse,
  Respond,
  RstStream,
  Script,
  Sequence,
} from "./script.js";
export {
  FaultServer,
  type FaultServerOptions,
  type FaultTls,
  type MountedScript,
  startFaultServer,
} from "./server.js";
export type { SuiteRun } from "./suite_run.js";
export { suiteTls, needsOwnServer, toFaultScript } from "./suite_script.js";
