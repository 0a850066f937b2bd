import { create } from "@bufbuild/protobuf";
import { SeenErrorSchema } from "@ameideio/conformance-proto";
import { errors, type Fault } from "./fault.js";

/** Faults in how calls ended. */
export const OUTCOMES: readonly Fault[] = [
  {
    name: "a failed attempt too many",
    cases: ["r22"],
    shows: /^outcome 1, attempts/,
    response: errors(({ attempts }) => attempts.push(...attempts.slice(-1))),
  },
  {
    name: "a failed attempt too few",
    cases: ["r22"],
    shows: /^outcome 1, attempts/,
    response: errors(({ attempts }) => void attempts.pop()),
  },
  {
    name: "the failed attempts in the wrong order",
    cases: ["r22"],
    shows: /^outcome 1, attempt 1: class/,
    response: errors(({ attempts }) => attempts.reverse()),
  },
  {
    name: "the wrong class of an attempt",
    cases: ["r15"],
    shows: /^outcome 1, attempt 1: class/,
    response: errors(({ attempts }) => {
      for (const attempt of attempts) {
        attempt.class = "TRANSIENT";
      }
    }),
  },
  {
    name: "the mark of the transparent retry is lost",
    cases: ["r05"],
    shows: /^outcome 1, attempt 1: transparent/,
    response: errors(({ attempts }) => {
      for (const attempt of attempts) {
        attempt.transparent = false;
      }
    }),
  },
  {
    name: "the wait after an attempt off by one",
    cases: ["r22"],
    shows: /^outcome 1, attempt 1: wait/,
    response: errors(({ attempts: [first] }) => {
      if (first?.delayMs !== undefined) {
        first.delayMs += 1;
      }
    }),
  },
  {
    name: "the duration of an attempt off by one",
    cases: ["r22"],
    shows: /^outcome 1, attempt \d: duration/,
    response: errors(({ attempts: [first] }) => {
      if (first?.durationMs !== undefined) {
        first.durationMs += 1;
      }
    }),
  },
  {
    name: "whether an attempt was sent is guessed",
    cases: ["e28"],
    shows: /^outcome 1, attempt 1: sent/,
    response: errors(({ attempts: [first] }) => {
      if (first !== undefined) {
        first.sent = "maybe";
      }
    }),
  },
  {
    name: "the message of an attempt is that of the last",
    cases: ["e28"],
    shows: /^outcome 1, attempt 1: message/,
    response: errors(({ attempts }) => {
      for (const attempt of attempts) {
        attempt.message = attempts.at(-1)?.message ?? "";
      }
    }),
  },
  {
    name: "the cause is lost",
    cases: ["u05"],
    shows: /^outcome 1, cause/,
    response: errors((error) => void (error.cause = "")),
  },
  {
    name: "the wrong code",
    cases: ["r09"],
    shows: /^outcome 1, code/,
    response: errors((error) => void (error.code = "unknown")),
  },
  {
    name: "the wrong origin",
    cases: ["e11"],
    shows: /^outcome 1, origin/,
    response: errors((error) => void (error.origin = "server")),
  },
  {
    name: "the wrong stop reason",
    cases: ["q03"],
    shows: /^outcome \d, stop reason/,
    response: errors((error) => {
      if (error.stopReason === "budget") {
        error.stopReason = "attempts";
      }
    }),
  },
  {
    name: "what the server asks to wait is lost",
    cases: ["h15"],
    shows: /^outcome 1, retry-after/,
    response: errors((error) => void delete error.retryAfterMs),
  },
  {
    name: "what the server asks to wait in seconds",
    cases: ["h18"],
    shows: /^outcome 1, retry-after/,
    response: errors((error) => {
      if (error.retryAfterMs !== undefined) {
        error.retryAfterMs /= 1000;
      }
    }),
  },
  {
    name: "a detail is lost",
    cases: ["e03"],
    shows: /^outcome 1, number of details/,
    response: errors((error) => void (error.detailCount = Math.max(0, error.detailCount - 1))),
  },
  {
    name: "the reason is lost",
    cases: ["e01"],
    shows: /^outcome 1, reason/,
    response: errors((error) => void (error.reason = "")),
  },
  {
    name: "the metadata of the reason is lost",
    cases: ["e01"],
    shows: /^outcome 1, metadata/,
    response: errors((error) => void (error.metadata = {})),
  },
  {
    name: "the violated fields are lost",
    cases: ["e02"],
    shows: /^outcome 1, fields/,
    response: errors((error) => void (error.fields = [])),
  },
  {
    name: "the server's request id is lost",
    cases: ["x04"],
    shows: /^outcome 1, server's request id/,
    response: errors((error) => void (error.serverRequestId = "")),
  },
  {
    name: "the HTTP status is lost",
    cases: ["e06"],
    shows: /^outcome 1, HTTP status/,
    response: errors((error) => void delete error.httpStatus),
  },
  {
    name: "retryable, whatever happened",
    cases: ["r18"],
    shows: /^outcome 1, retryable/,
    response: errors((error) => void (error.retryable = true)),
  },
  {
    name: "all violated fields, however many",
    cases: ["e16"],
    shows: /^outcome 1, number of fields/,
    response: errors(({ fields }) => void (fields.length >= 100 && fields.push("a"))),
  },
  {
    name: "a credential that a server repeated",
    cases: ["e18"],
    shows: /^outcome 1, (message|secret)/,
    response({ outcomes }, { given }) {
      const token = given?.client?.settings?.auth?.token ?? "";
      for (const { error } of outcomes) {
        if (error !== undefined) {
          error.message = error.message.replace("REDACTED", token);
        }
      }
    },
  },
  {
    name: "a message that is too long",
    cases: ["e08"],
    shows: /^outcome 1, length of the message/,
    response: errors((error) => void (error.message = error.message.padEnd(1025, "x"))),
  },
  {
    name: "an explanation that says nothing",
    cases: ["r03", "q03"],
    shows: /^outcome \d, explanation/,
    response: errors((error) => void (error.explanation = "")),
  },
  {
    name: "the language's own cancellation is lost",
    cases: ["d19"],
    shows: /^outcome 1, native cancellation/,
    response: errors((error) => void (error.nativeCancellation = false)),
  },
  {
    name: "a token in the text of an error",
    cases: ["e09"],
    shows: /^outcome 1, secret/,
    response: ({ outcomes }, { given }) => {
      const token = given?.client?.settings?.auth?.token ?? "";
      for (const { error } of outcomes) {
        if (error !== undefined) {
          error.text += token;
        }
      }
    },
  },
  {
    name: "an error is swallowed",
    cases: ["r09"],
    shows: /^outcome 1, /,
    response: ({ outcomes }) => {
      for (const outcome of outcomes) {
        if (outcome.error !== undefined) {
          Object.assign(outcome, { error: undefined, ok: "" });
        }
      }
    },
  },
  {
    name: "a good answer ends as an error",
    cases: ["r01"],
    shows: /^outcome 1, /,
    response: ({ outcomes }) => {
      for (const outcome of outcomes) {
        delete outcome.ok;
        outcome.error ??= create(SeenErrorSchema, { code: "unknown" });
      }
    },
  },
  {
    name: "the answer of another call",
    cases: ["r01"],
    shows: /^outcome 1, ok/,
    response: ({ outcomes }) => {
      for (const outcome of outcomes) {
        if (outcome.ok !== undefined) {
          outcome.ok = "of another";
        }
      }
    },
  },
  {
    name: "the headers of an answer are lost",
    cases: ["x09"],
    shows: /^outcome 1, header /,
    response: ({ outcomes }) => {
      for (const outcome of outcomes) {
        outcome.headers = [];
      }
    },
  },
  {
    name: "the trailers of an answer are lost",
    cases: ["x13", "s19"],
    shows: /^outcome 1, trailer x-cost/,
    response: ({ outcomes }) => {
      for (const outcome of outcomes) {
        outcome.trailers = [];
      }
    },
  },
  {
    name: "the trailers of an answer come twice",
    cases: ["x13", "s19"],
    shows: /^outcome 1, trailer x-cost/,
    response: ({ outcomes }) => {
      for (const { trailers } of outcomes) {
        trailers.push(...trailers);
      }
    },
  },
  {
    name: "an outcome is missing",
    cases: ["r01"],
    shows: /^outcomes, number/,
    response: ({ outcomes }) => void outcomes.pop(),
  },
  {
    name: "a call that takes one millisecond too long",
    cases: ["d11"],
    shows: /^outcome 1, duration/,
    response: ({ outcomes }) => {
      for (const outcome of outcomes) {
        outcome.durationMs += 1;
      }
    },
  },
  {
    name: "an item is given twice",
    cases: ["p03"],
    shows: /^items/,
    response: ({ items }) => void items.push(...items.slice(-1)),
  },
];
