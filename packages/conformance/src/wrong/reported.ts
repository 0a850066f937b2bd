import type { Fault } from "./fault.js";

/** Faults in reports about a call, and in resources that remain of it. */
export const REPORTED: readonly Fault[] = [
  {
    name: "a drain that says it aborted one call more",
    cases: ["u13"],
    shows: /^drained, aborted/,
    response: ({ drained }) => {
      for (const each of drained) {
        each.aborted += 1;
      }
    },
  },
  {
    name: "a span is missing",
    cases: ["m01"],
    shows: /^spans, number/,
    response: ({ spans }) => void spans.pop(),
  },
  {
    name: "an event of a span is missing",
    cases: ["m01"],
    shows: /^span 1, events/,
    response: ({ spans }) => {
      for (const { events } of spans) {
        events.pop();
      }
    },
  },
  {
    name: "an attribute of a span has an old name",
    cases: ["m05"],
    shows: /^span 1, rpc\.response\.status_code/,
    response: ({ spans }) => {
      for (const { attributes } of spans) {
        const status = attributes["rpc.response.status_code"];
        if (status === undefined) {
          continue;
        }
        attributes["rpc.connect_rpc.error_code"] = status;
        delete attributes["rpc.response.status_code"];
      }
    },
  },
  {
    name: "a status on a good Connect call",
    cases: ["m06"],
    shows: /^span 1, rpc\.response\.status_code/,
    response: ({ spans }) => {
      for (const { attributes } of spans) {
        attributes["rpc.response.status_code"] ??= "ok";
      }
    },
  },
  {
    name: "a span beside its parent",
    cases: ["m02", "m03"],
    shows: /^span \d, parent/,
    response: ({ spans }) => {
      for (const span of spans) {
        span.parent = 0;
      }
    },
  },
  {
    name: "a failed call whose span ended well",
    cases: ["m11"],
    shows: /^span 1, ended as an error/,
    response: ({ spans }) => {
      for (const span of spans) {
        span.error = false;
      }
    },
  },
  {
    name: "a span that is longer than its call",
    cases: ["m07"],
    shows: /^span 1, duration/,
    response: ({ spans }) => {
      for (const span of spans) {
        span.durationMs = (span.durationMs ?? 0) + 1;
      }
    },
  },
  {
    name: "a metric in another unit",
    cases: ["m07"],
    shows: /^metric rpc\.client\.call\.duration, unit/,
    response: ({ metrics }) => {
      for (const metric of Object.values(metrics)) {
        metric.unit = "ms";
      }
    },
  },
  {
    name: "a metric with a tenant",
    cases: ["m09"],
    shows: /^metric .*, attributes/,
    response: ({ metrics }) => {
      for (const { attributes } of Object.values(metrics)) {
        attributes.push("ameide.tenant");
      }
    },
  },
  {
    name: "a metric where nothing happened",
    cases: ["m08"],
    shows: /^metric ameide\.client\.call\.retries/,
    response: ({ metrics }) => {
      const any = Object.values(metrics)[0];
      if (any !== undefined) {
        metrics["ameide.client.call.retries"] ??= any;
      }
    },
  },
  {
    name: "a metric with other buckets",
    cases: ["m12"],
    shows: /^metric rpc\.client\.call\.duration, bounds/,
    response: ({ metrics }) => {
      for (const { bounds } of Object.values(metrics)) {
        bounds.pop();
      }
    },
  },
  {
    name: "a token in a log line",
    cases: ["l01"],
    shows: /^log \d+, secret/,
    response({ logs }, { given }) {
      const token = given?.client?.settings?.auth?.token ?? "";
      for (const line of logs) {
        line.text += ` ${token}`;
      }
    },
  },
  {
    name: "a line break in a log line",
    cases: ["e17"],
    shows: /^log \d+, text/,
    response: ({ logs }) => {
      for (const line of logs) {
        line.text = line.text.replace("  2026", "\r\n2026");
      }
    },
  },
  {
    name: "a message of megabytes in an event",
    cases: ["e17"],
    shows: /^event \d+, length/,
    response: (run) => void (run.events = run.events.map((event) => event.repeat(100))),
  },
  {
    name: "log lines that nobody asked for",
    cases: ["l03"],
    shows: /^logs/,
    response: ({ logs }) =>
      void logs.push({ $typeName: "ameide.conformance.v1.SeenLog", level: "info", text: "hello" }),
  },
  {
    name: "the log line of a wait is missing",
    cases: ["l05"],
    shows: /^logs, number/,
    response: (run) => void (run.logs = run.logs.filter(({ text }) => !text.includes("waiting"))),
  },
  {
    name: "log lines of another level",
    cases: ["l05"],
    shows: /^log 1, level/,
    response: ({ logs }) => {
      for (const line of logs) {
        line.level = "debug";
      }
    },
  },
  {
    name: "events in the wrong order",
    cases: ["m12"],
    shows: /^events/,
    response: ({ events }) => void events.reverse(),
  },
  {
    name: "an event is missing",
    cases: ["k09"],
    shows: /^events/,
    response: ({ events }) => void events.splice(1, 1),
  },
  {
    name: "explains without a source",
    cases: ["k13"],
    shows: /^explain .*, source/,
    response: ({ explained }) => {
      for (const value of Object.values(explained)) {
        value.source = "";
      }
    },
  },
  {
    name: "explains a value that does not hold",
    cases: ["k13"],
    shows: /^explain .*, value/,
    response: ({ explained }) => {
      for (const value of Object.values(explained)) {
        if (value.value !== undefined) {
          value.value.kind = { case: "numberValue", value: -1 };
        }
      }
    },
  },
  {
    name: "does not explain a value",
    cases: ["k13"],
    shows: /^explain /,
    response: (run) => void (run.explained = {}),
  },
  {
    name: "explains in no words",
    cases: ["k14"],
    shows: /^explain, text/,
    response: (run) => void (run.explainText = ""),
  },
  {
    name: "another policy through another entry",
    cases: ["k07"],
    shows: /^explain, hash/,
    response: (run, { entry }) => {
      if (entry === "roster") {
        run.policyHash = "0".repeat(64);
      }
    },
  },
  {
    name: "a timer is left",
    cases: ["d11"],
    shows: /^leaks, timers/,
    response: ({ leaks }) => void (leaks && (leaks.timers += 1)),
  },
  {
    name: "a listener is left on a caller's signal",
    cases: ["d11"],
    shows: /^leaks, listeners/,
    response: ({ leaks }) => void (leaks && (leaks.listeners += 1)),
  },
  {
    name: "a socket is left",
    cases: ["r08"],
    shows: /^leaks, sockets/,
    response: ({ leaks }) => void (leaks && (leaks.sockets += 1)),
  },
  {
    name: "a task is left",
    cases: ["d11"],
    shows: /^leaks, tasks/,
    response: ({ leaks }) => void (leaks && (leaks.tasks += 1)),
  },
  {
    name: "lets an error go that ends a process",
    cases: ["u03"],
    shows: /^leaks, errors that end a process/,
    response: ({ leaks }) => void (leaks && (leaks.unhandled += 1)),
  },
  {
    name: "makes the runtime warn",
    cases: ["u08"],
    shows: /^leaks, warnings/,
    response: ({ leaks }) => void (leaks && (leaks.warnings += 1)),
  },
  {
    name: "a client that is closed goes on with its streams",
    cases: ["u15"],
    shows: /^process, ends/,
    silenceMs: 12_000,
    request: ({ given }) => {
      if (given !== undefined) {
        given.leftOpen = true;
      }
    },
  },
  {
    name: "does not say what is left",
    cases: ["r01"],
    shows: /^leaks, $/,
    response: (run) => void delete run.leaks,
  },
];

/** Faults of the adapter itself. */
export const BROKEN: readonly Fault[] = [
  {
    name: "never answers one case",
    cases: ["r01"],
    shows: /^adapter, [^]*said nothing for 2500 ms/,
    silenceMs: 2500,
    response: ({ outcomes }, { entry, format }) =>
      outcomes[0]?.error !== undefined && entry === "roster" && format === "json"
        ? new Promise(() => {})
        : undefined,
  },
  {
    name: "dies in one case",
    cases: ["r01"],
    shows: /^adapter, [^]*ended with exit code 3/,
    response({ outcomes }, { entry, format }) {
      if (outcomes[0]?.error !== undefined && entry === "roster" && format === "json") {
        process.exit(3);
      }
    },
  },
  {
    name: "says that it can call nothing",
    cases: ["r01"],
    shows: /^plan, /,
    describe: (described) => void (described.kinds = []),
  },
  {
    name: "says that it has no entry",
    cases: ["r01"],
    shows: /^plan, /,
    describe: (described) => void (described.entries = []),
  },
  {
    name: "says that its language lacks what it has",
    cases: ["r20"],
    shows: /^plan, /,
    describe: (described) => void (described.abilities = ["cancel"]),
  },
  {
    name: "says that its language has what it lacks",
    cases: ["k02"],
    shows: /^outcome /,
    request: ({ given }) => {
      if (given?.client !== undefined) {
        given.client.unknownOption = "";
      }
    },
  },
  {
    name: "says that it speaks no format",
    cases: ["r01"],
    shows: /^plan, /,
    describe: (described) => void (described.formats = []),
  },
];
