import { readFileSync } from "node:fs";
import { createClient } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { openTelemetry } from "@ameideio/ameide-sdk-ts/otel";
import { memoryOptions } from "@ameideio/ameide-sdk-ts/testing";
import { ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";
import { Code, ConnectError } from "@connectrpc/connect";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { selectorsOf } from "./harness/promql.js";

interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { query: string } }[];
  };
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}
interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const read = (name: string) =>
  readFileSync(new URL(`../../../docs/production/${name}`, import.meta.url), "utf8");
const dashboard = JSON.parse(read("dashboard.json")) as Dashboard;
const rules = (parse(read("alerts.yaml")) as Rules).groups.flatMap((group) => group.rules);

const queries = [
  ...dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ where: title, query: expr })),
  ),
  ...rules.map(({ alert, expr }) => ({ where: alert, query: expr })),
];

/** A series of a scrape: its name and its labels. */
interface Series {
  readonly name: string;
  readonly labels: readonly string[];
}

describe.each([
  ["as OpenTelemetry's exporter for Node.js writes them", (name: string) => name],
  // The compatibility specification of OpenTelemetry and Prometheus: the unit ends the name.
  [
    "with their units, as collectors and Prometheus write them",
    (name: string) =>
      name.replace(/(duration|retry_delay)(?=_(?:bucket|count|sum)$)/, "$1_seconds"),
  ],
])("the dashboard and the alerts, over metrics %s", (_, rename) => {
  let series: readonly Series[];

  beforeAll(async () => {
    series = (await scrape()).map(({ name, labels }) => ({ name: rename(name), labels }));
  });

  it.each(queries)("ask for what there is: $where", ({ query }) => {
    const selectors = selectorsOf(filledIn(query));
    expect(selectors).not.toEqual([]);
    for (const { names, labels } of selectors) {
      const named = series.filter(({ name }) => names.test(name));
      expect(named, `series ${names}`).not.toEqual([]);
      for (const label of labels) {
        expect(named.flatMap((each) => each.labels)).toContain(label);
      }
    }
  });

  it("offer variables that have values", () => {
    const asked = dashboard.templating.list.flatMap(({ query }) => {
      const text = typeof query === "string" ? query : query.query;
      return [...text.matchAll(/^label_values\((.*), (\w+)\)$/g)];
    });
    expect(asked).toHaveLength(2);
    for (const [, selector = "", label] of asked) {
      const names = selectorsOf(selector)[0]?.names;
      const named = series.filter(({ name }) => names?.test(name));
      expect(named.flatMap((each) => each.labels)).toContain(label);
    }
  });
});

describe("the dashboard", () => {
  it("names in legends the labels that its queries keep", () => {
    for (const { targets } of dashboard.panels) {
      for (const { expr, legendFormat } of targets) {
        const kept = selectorsOf(filledIn(expr)).flatMap((each) => each.labels);
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          expect(kept).toContain(label);
        }
      }
    }
  });

  it("uses no variable that it does not have", () => {
    const known = new Set([
      ...dashboard.templating.list.map(({ name }) => name),
      "__rate_interval",
    ]);
    const used = [...JSON.stringify(dashboard.panels).matchAll(/\$\{?(\w+)/g)].map(
      ([, name]) => name,
    );
    expect(used.filter((name) => !known.has(name ?? ""))).toEqual([]);
  });
});

describe("the alert for a drained budget", () => {
  it("fires where no retry can be paid any more", () => {
    const behaviour = readFileSync(new URL("../../../docs/behaviour.md", import.meta.url), "utf8");
    const [, cost] = /A retry costs (\d+)/.exec(behaviour) ?? [];
    const alert = rules.find(({ alert: name }) => name === "AmeideRetryBudgetDrained");
    expect(alert?.expr).toContain(`(ameide_client_retry_budget_tokens) < ${cost} `);
    const panel = dashboard.panels.find(({ title }) => title.startsWith("Retry budget"));
    expect(panel?.description).toContain(`Under ${cost} only`);
  });
});

/** What Grafana puts in the place of variables. */
function filledIn(query: string): string {
  return query.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, ".*");
}

/** Makes calls that are retried, well and in vain, and one that is not, and reads what an exporter shows of them. */
async function scrape(): Promise<readonly Series[]> {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const meterProvider = new MeterProvider({ readers: [exporter] });
  const { options } = memoryOptions(
    (router) =>
      router.service(ThreadsService, {
        getThread({ threadId }, { requestHeader }) {
          if (threadId === "none") {
            throw new ConnectError("no such thread", Code.NotFound);
          }
          if (threadId === "lost" || !requestHeader.has("grpc-previous-rpc-attempts")) {
            throw new ConnectError("busy", Code.Unavailable);
          }
          return { thread: { id: threadId } };
        },
      }),
    { tenant: "acme", telemetry: openTelemetry({ meterProvider }) },
    { autoAdvance: true },
  );
  const transport = createAmeideTransport(options);
  const threads = createClient(ThreadsService, transport);
  await threads.getThread({ threadId: "t1" });
  await expect(threads.getThread({ threadId: "none" })).rejects.toThrow("no such thread");
  await expect(threads.getThread({ threadId: "lost" })).rejects.toThrow("busy");
  transport.close();
  const { resourceMetrics } = await exporter.collect();
  await meterProvider.shutdown();
  return new PrometheusSerializer()
    .serialize(resourceMetrics)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({
      name: /^\w+/.exec(line)?.[0] ?? "",
      labels: [...line.matchAll(/(\w+)="/g)].map(([, label = ""]) => label),
    }));
}
