import { create } from "@bufbuild/protobuf";
import { MatrixSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { expect, it } from "vitest";
import { judge } from "../src/judge.js";
import { renderPage } from "../src/report/page.js";
import { green } from "./harness/evidence.js";

const pageOf = (changes: Parameters<typeof green>[0] = {}) => {
  const evidence = green(changes);
  return renderPage(judge(evidence, "full"), evidence).replaceAll(/\s+/g, " ");
};

it("shows services and behaviors by column, and digests", () => {
  const page = pageOf();
  expect(page).toContain("verdict: pass, 1 service, 2 methods, alike in ts, go, python");
  expect(page).toContain("<code>acme.orders.v1.OrdersService</code>");
  expect(page).toContain("3 Which failures are tried again <code>retry</code>");
  expect(page).toContain("✓ 3/3, 1 known to fail, 1 —");
  expect(page).toContain("<code>sources of go</code>");
  expect(page).not.toContain("<details open");
});

it("opens what is red where it stands", () => {
  const red = [
    {
      case: "r01 a",
      area: "retry",
      combination: "memory generic connect json",
      differences: [{ step: "waits", expected: "[1]", seen: "[2]" }],
    },
  ];
  const areas = [{ area: "retry", layer: "memory", counts: { failed: 1 } }];
  const own = { ...green().matrices, go: create(MatrixSchema, { run: "x", red, areas }) };
  const page = pageOf({ matrices: own });
  expect(page.match(/<details open>/g)).toHaveLength(2);
  expect(page).toMatch(
    /<details open> <summary class="failed">✗ 0\/1<\/summary> <pre>r01 a: waits: expected \[1\], seen \[2\]/,
  );
});

it("escapes what others wrote, and asks for nothing", () => {
  const page = pageOf({ runs: { "<b>": "<script>alert(1)</script>&\"'" } });
  expect(page).toContain("not &lt;yet&gt;");
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;");
  expect(page).not.toMatch(/<script|<b>|https?:|url\(/);
  expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'");
});
