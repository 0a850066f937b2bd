// The script of report.html: one file without imports, so that it can stand inside the page.

type Verdict = "passed" | "failed" | "skipped" | "unable";

interface Entry {
  readonly step: string;
  readonly lines: readonly string[];
}

interface Difference {
  readonly step: string;
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
}

interface ReportCase {
  readonly name: string;
  readonly area: string;
  readonly file: string;
  readonly sdk: string;
  readonly layer: string;
  readonly httpClient: string;
  readonly entry: string;
  readonly protocol: string;
  readonly format: string;
  readonly http: string;
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly differences: readonly Difference[];
  /** Not there where an earlier one, which passed as well, has it. */
  readonly seen?: readonly Entry[];
}

interface Report {
  readonly totals: Readonly<Record<string, Readonly<Record<Verdict, number>>>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
  readonly expected: Readonly<Record<string, readonly Entry[]>>;
  readonly cases: readonly ReportCase[];
}

/** Which cases are listed. */
interface Listing {
  area: string | undefined;
  column: string | undefined;
  text: string;
  redOnly: boolean;
  most: number;
}

const MARKS: Readonly<Record<Verdict, string>> = {
  passed: "✓",
  failed: "✗",
  skipped: "○",
  unable: "—",
};
const PAGE_SIZE = 100;
const LIKE_ANOTHER = "passed; shown is the first way that passed, report.json has each";

const report = JSON.parse(byId("report").textContent ?? "") as Report;
const anyRed = report.cases.some(({ verdict }) => verdict === "failed");
const selection: Listing = {
  area: undefined,
  column: undefined,
  text: "",
  redOnly: anyRed,
  most: PAGE_SIZE,
};

showTotals();
showMatrix();
listenToFilters();
showCases();

function showTotals(): void {
  for (const [sdk, counts] of Object.entries(report.totals)) {
    const text = `${sdk} ${report.versions[sdk] ?? ""}: ${inWords(counts)}`;
    byId("totals").append(make("li", { class: counts.failed > 0 ? "failed" : "passed" }, text));
  }
  for (const problem of report.problems) {
    byId("totals").append(make("li", { class: "failed" }, `✗ ${problem}`));
  }
}

function inWords({ passed, failed, skipped, unable }: Readonly<Record<Verdict, number>>): string {
  const ran = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  return unable === 0 ? ran : `${ran}, ${unable} —`;
}

function showMatrix(): void {
  const columns = [...new Set(report.cases.map(columnOf))].sort();
  const areas = [...new Set(report.cases.map(({ area }) => area))];
  const head = make("tr", {}, make("th", { scope: "col" }, "area"));
  for (const column of columns) {
    head.append(make("th", { scope: "col" }, column));
  }
  const rows = areas.map((area) => {
    const row = make("tr", {}, make("th", { scope: "row" }, area));
    for (const column of columns) {
      row.append(make("td", {}, cell(area, column)));
    }
    return row;
  });
  byId("matrix").append(make("thead", {}, head), make("tbody", {}, ...rows));
}

function cell(area: string, column: string): Node {
  const own = report.cases.filter((one) => one.area === area && columnOf(one) === column);
  if (own.length === 0) {
    return document.createTextNode("");
  }
  const count = (verdict: Verdict) => own.filter((one) => one.verdict === verdict).length;
  const counts = {
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    unable: count("unable"),
  };
  const { passed, failed, skipped } = counts;
  const order: readonly Verdict[] = ["failed", "passed", "skipped", "unable"];
  const verdict = order.find((each) => counts[each] > 0) ?? "unable";
  const left = skipped > 0 ? `${skipped} skipped` : String(counts.unable);
  const text = passed + failed > 0 ? `${passed}/${passed + failed}` : left;
  const button = make(
    "button",
    { type: "button", class: `cell ${verdict}`, "aria-pressed": "false" },
    `${MARKS[verdict]} ${text}`,
  );
  button.title = `${area}, ${column}: ${inWords(counts)}`;
  button.addEventListener("click", () => {
    const again = selection.area === area && selection.column === column;
    selection.area = again ? undefined : area;
    selection.column = again ? undefined : column;
    selection.most = PAGE_SIZE;
    for (const other of document.querySelectorAll(".cell")) {
      other.setAttribute("aria-pressed", String(other === button && !again));
    }
    // A cell without a red case would show nothing.
    if (!again && failed === 0) {
      setRedOnly(false);
    } else if (!again) {
      setRedOnly(true);
    }
    showCases();
    if (!again) {
      byId("cases").scrollIntoView({ block: "nearest" });
    }
  });
  return button;
}

function setRedOnly(on: boolean): void {
  selection.redOnly = on;
  (byId("red") as HTMLInputElement).checked = on;
}

function listenToFilters(): void {
  setRedOnly(selection.redOnly);
  const again = () => {
    selection.text = (byId("text") as HTMLInputElement).value.trim().toLowerCase();
    selection.redOnly = (byId("red") as HTMLInputElement).checked;
    selection.most = PAGE_SIZE;
    showCases();
  };
  byId("text").addEventListener("input", again);
  byId("red").addEventListener("change", again);
  byId("more").addEventListener("click", () => {
    selection.most += PAGE_SIZE;
    showCases();
  });
}

function showCases(): void {
  const { area, column, text, redOnly, most } = selection;
  const selected = report.cases.filter(
    (one) =>
      (area === undefined || one.area === area) &&
      (column === undefined || columnOf(one) === column) &&
      (!redOnly || one.verdict === "failed") &&
      `${one.name} ${one.file} ${placeOf(one)}`.toLowerCase().includes(text),
  );
  const shown = selected.slice(0, most);
  const only = selected.length === 1;
  byId("list").replaceChildren(...shown.map((one) => caseItem(one, { open: only })));
  byId("more").hidden = shown.length === selected.length;
  const where = area === undefined ? "" : ` in ${area}, ${column}`;
  byId("count").textContent =
    `${selected.length} of ${report.cases.length} results${where}${redOnly ? ", red only" : ""}`;
}

function caseItem(one: ReportCase, { open }: { open: boolean }): HTMLElement {
  const summary = make(
    "summary",
    {},
    make("span", { class: `mark ${one.verdict}` }, MARKS[one.verdict]),
    make("span", { class: "visually-hidden" }, one.verdict),
    make("span", { class: "name" }, one.name),
    make("span", { class: "place" }, placeOf(one)),
  );
  const details = make("details", {}, summary);
  // Built when it is opened: there are thousands.
  const fill = () => {
    if (details.children.length === 1) {
      details.append(...caseBody(one));
    }
  };
  details.addEventListener("toggle", fill);
  if (open) {
    fill();
    details.setAttribute("open", "");
  }
  return make("li", {}, details);
}

function caseBody(one: ReportCase): HTMLElement[] {
  const parts = [make("p", { class: "file" }, one.file)];
  if (one.reason !== undefined) {
    parts.push(make("p", {}, `${one.verdict}: ${one.reason}`));
  }
  if (one.differences.length > 0) {
    parts.push(differences(one));
  }
  if (one.seen === undefined) {
    parts.push(make("p", {}, LIKE_ANOTHER));
  }
  parts.push(timelines(one));
  return parts;
}

function differences({ differences: all }: ReportCase): HTMLElement {
  const rows = all.map(({ step, what, expected, seen }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, what === "" ? step : `${step}, ${what}`),
      make("td", {}, make("pre", {}, expected)),
      make("td", {}, make("pre", {}, seen)),
    ),
  );
  return table("what differs", ["", "expected", "seen"], rows);
}

function timelines(one: ReportCase): HTMLElement {
  const { name, differences: all } = one;
  const expected = new Map(report.expected[name]?.map(({ step, lines }) => [step, lines]));
  const seen = new Map(seenBy(one).map(({ step, lines }) => [step, lines]));
  const red = new Set(all.map(({ step }) => step));
  const rows = merge([...expected.keys()], [...seen.keys()]).map((step) =>
    make(
      "tr",
      red.has(step) ? { class: "differs" } : {},
      make("th", { scope: "row" }, red.has(step) ? `✗ ${step}` : step),
      make("td", {}, make("pre", {}, (expected.get(step) ?? ["not stated"]).join("\n"))),
      make("td", {}, make("pre", {}, (seen.get(step) ?? ["did not happen"]).join("\n"))),
    ),
  );
  return table("timeline", ["step", "expected", "seen"], rows);
}

function seenBy({ seen, name, sdk, layer }: ReportCase): readonly Entry[] {
  if (seen !== undefined) {
    return seen;
  }
  const like = report.cases.find(
    (one) =>
      one.name === name && one.sdk === sdk && one.layer === layer && one.verdict === "passed",
  );
  return like?.seen ?? [];
}

/** Both orders in one: what only one side has stands where it has it. */
function merge(left: readonly string[], right: readonly string[]): string[] {
  const merged = [...left];
  let at = 0;
  for (const step of right) {
    const place = merged.indexOf(step);
    if (place === -1) {
      merged.splice(at++, 0, step);
    } else {
      at = place + 1;
    }
  }
  return merged;
}

function table(caption: string, heads: readonly string[], rows: readonly HTMLElement[]) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
  return make(
    "table",
    {},
    make("caption", {}, caption),
    make("thead", {}, head),
    make("tbody", {}, ...rows),
  );
}

function columnOf({ sdk, layer, httpClient, entry, protocol, http }: ReportCase): string {
  if (entry === "") {
    return `${sdk} ${layer}, not run`;
  }
  return [sdk, [layer, httpClient, protocol, http].filter((part) => part !== "").join("/")].join(
    " ",
  );
}

function placeOf({ sdk, layer, httpClient, entry, protocol, format, http }: ReportCase): string {
  const parts = [
    sdk,
    layer,
    httpClient,
    entry,
    protocol,
    format,
    http === "" ? "" : `http/${http}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function make(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (Node | string)[]
): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`there is no element ${id}`);
  }
  return element;
}
