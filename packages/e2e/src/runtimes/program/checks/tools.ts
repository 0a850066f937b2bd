import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { ConformanceService } from "@ameideio/conformance-proto";
import { openTelemetry } from "@ameideio/ameide-sdk-ts/otel";
import { memoryOptions } from "@ameideio/ameide-sdk-ts/testing";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Check, equal, holds } from "../check.js";
import { seenCall } from "../seen.js";

/** The other entries. */
export const TOOLS: readonly Check[] = [
  {
    id: "otel",
    title: "OpenTelemetry by `/otel`",
    async run(here) {
      const exporter = new InMemorySpanExporter();
      const tracerProvider = new BasicTracerProvider({
        spanProcessors: [new SimpleSpanProcessor(exporter)],
      });
      const witness = here.connect(ConformanceService, here.place.witness.http1, {
        telemetry: openTelemetry({ tracerProvider }),
      });
      const { headers } = seenCall(await witness.idempotent({}));
      const spans = exporter.getFinishedSpans();
      equal(
        spans.map(({ name }) => name),
        ["ameide.conformance.v1.ConformanceService/Idempotent"],
        "spans",
      );
      const { traceId, spanId } = spans[0]?.spanContext() ?? {};
      equal(headers["traceparent"], `00-${traceId}-${spanId}-01`, "traceparent");
    },
  },
  {
    id: "testing",
    title: "`/testing`, virtual clock",
    async run(here) {
      let calls = 0;
      const { options, clock } = memoryOptions((router) =>
        router.service(ConformanceService, {
          idempotent: ({ text }) => {
            if (++calls === 1) {
              throw new ConnectError("later", Code.Unavailable, { "retry-after": "20" });
            }
            return { text };
          },
        }),
      );
      const client = here.clientOver(ConformanceService, here.createTransport(options));
      equal((await client.idempotent({ text: "a" })).text, "a", "text");
      equal(clock.sleeps.length, 1, "waits");
      holds((clock.sleeps[0] ?? 0) >= 20_000, "the wait is as long as the server asked for");
    },
  },
];
