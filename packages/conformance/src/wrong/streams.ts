import { create } from "@bufbuild/protobuf";
import { ClientSettingsSchema, SettingsSchema } from "@ameideio/conformance-proto";
import { errors, header, requests, setHeader, type Fault } from "./fault.js";

/** Faults of streams, and of what differs between protocols. */
export const STREAMS: readonly Fault[] = [
  {
    name: "a message comes twice",
    cases: ["s01"],
    shows: /^outcome 1, messages/,
    response: ({ outcomes }) => {
      for (const { messages } of outcomes) {
        messages.push(...messages);
      }
    },
  },
  {
    name: "the messages before an error are lost",
    cases: ["s03"],
    shows: /^outcome 1, messages/,
    response: ({ outcomes }) => {
      for (const outcome of outcomes) {
        if (outcome.error !== undefined) {
          outcome.messages = [];
        }
      }
    },
  },
  {
    name: "never committed",
    cases: ["s03"],
    shows: /^outcome 1, committed/,
    response: errors((error) => void (error.committed = false)),
  },
  {
    name: "an end that comes too early is the server's error",
    cases: ["s10"],
    shows: /^outcome 1, origin/,
    response: errors((error) => void (error.origin = "server")),
  },
  {
    name: "the server does not learn that a stream was left",
    cases: ["s09"],
    shows: /^request 1, canceled/,
    response: requests((request) => void (request.canceled = false)),
  },
  {
    name: "every stream is torn down",
    cases: ["s09"],
    shows: /^request 1, canceled/,
    response: requests((request) => void (request.canceled = true)),
  },
  {
    name: "headers that are shown too late",
    cases: ["s15"],
    shows: /^outcome 1, headers/,
    response: ({ outcomes }) => {
      for (const outcome of outcomes) {
        outcome.headersMs = outcome.durationMs;
      }
    },
  },
  {
    name: "a timeout on the wire of a stream without a deadline",
    cases: ["s14"],
    shows: /^request 1, timeout/,
    response: requests((request) => setHeader(request, "connect-timeout-ms", "30000")),
  },
  {
    name: "the last message of the caller is lost",
    cases: ["s07"],
    shows: /^request \d, texts/,
    response: requests((request) => void (request.body = request.body.subarray(0, -1))),
  },
  {
    name: "the first-message timeout is ignored",
    cases: ["s16"],
    shows: /^outcome 1, duration/,
    request: ({ given }) => {
      delete given?.client?.settings?.firstMessageTimeoutMs;
      for (const settings of Object.values(given?.client?.methods ?? {})) {
        delete settings.firstMessageTimeoutMs;
      }
    },
  },
  {
    name: "a watch has an idle timeout",
    cases: ["s05"],
    shows: /^outcome 1, /,
    request({ given }) {
      if (given === undefined) {
        return;
      }
      given.client ??= create(ClientSettingsSchema);
      given.client.settings ??= create(SettingsSchema);
      given.client.settings.idleTimeoutMs ??= 60_000;
    },
  },
  {
    name: "the span of a stream that was left stays open",
    cases: ["m10"],
    shows: /^spans, number/,
    response: (run) => void (run.spans = []),
  },
  {
    name: "the wrong name of a system in spans",
    cases: ["m05"],
    shows: /^span 1, rpc\.system\.name/,
    response({ spans }, { protocol }) {
      if (protocol === "connect") {
        return;
      }
      for (const { attributes } of spans) {
        attributes["rpc.system.name"] = "connectrpc";
      }
    },
  },
  {
    name: "a unit of grpc-timeout that is coarser than it has to be",
    cases: ["d21"],
    shows: /^request 1, header grpc-timeout/,
    response: requests((request) => {
      const timeout = header(request, "grpc-timeout") ?? "";
      if (timeout.endsWith("000m")) {
        setHeader(request, "grpc-timeout", timeout.replace("000m", "S"));
      }
    }),
  },
  {
    name: "another protocol than was asked for",
    cases: ["r01"],
    shows: /^request 1, header content-type/,
    request: (run) => void (run.protocol = "connect"),
  },
  {
    name: "says that it calls no streams",
    cases: ["s01"],
    shows: /^plan, /,
    describe: (described) => void (described.kinds = ["unary"]),
  },
];
