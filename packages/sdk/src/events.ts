export { type ChangeFields, createChange } from "./events/change.js";
export { type CloudEventAttributes, createCloudEvent } from "./events/cloud_event.js";
export type { BoundedOptions } from "./events/bounded_json.js";
export { EventError, type EventErrorCode } from "./events/event_error.js";
export type { EventSourceOptions, WallClock } from "./events/event_source.js";
export { type FeatureFlags, loadFeatureFlags, parseFeatureFlags } from "./events/feature_flags.js";
export {
  fromProtoJson,
  type ReadOptions,
  type RegistryOptions,
  toProtoJson,
} from "./events/proto_json.js";
export { rolloutBucket } from "./events/rollout.js";
export { readCloudEvent } from "./events/structured_json.js";
export { unpackChange, unpackTapData } from "./events/unpack.js";
