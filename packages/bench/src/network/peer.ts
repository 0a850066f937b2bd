import type { Prompt, Usage } from "./messages.js";

/** Where the server is, over each version of HTTP in cleartext. */
export interface Addresses {
  readonly "1.1": string;
  readonly "2": string;
}

export type HttpVersion = keyof Addresses;
export type Protocol = "connect" | "grpc";

/** A client for the two methods, used as those who made it would have it. */
export interface Peer {
  /** Calls MeterService/RecordUsage, and returns the answer as the client decodes it. */
  recordUsage(usage: Usage): Promise<unknown>;
  /** Calls InferenceService/Generate, and hands on each message as the client decodes it. */
  generate(prompt: Prompt, each: (message: unknown) => void): Promise<void>;
}

/** Makes a client that knows the server. */
export type PeerMaker = (address: string, version: HttpVersion, protocol: Protocol) => Peer;
