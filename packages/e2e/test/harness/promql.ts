import { parser } from "@prometheus-io/lezer-promql";

/** Series that a query asks for: by name, with the labels that they must have. */
export interface Selector {
  readonly names: RegExp;
  readonly labels: readonly string[];
}

/**
 * The selectors of a PromQL query, each with the labels it matches and those that the expressions
 * around it group by or join on.
 *
 * @throws Error where the query does not parse.
 */
export function selectorsOf(query: string): readonly Selector[] {
  const groupings: { from: number; to: number; labels: string[] }[] = [];
  const selectors: { at: number; names: RegExp; labels: string[] }[] = [];
  const textOf = ({ from, to }: { from: number; to: number }) => query.slice(from, to);
  parser.parse(query).iterate({
    enter({ from, name, node, type }) {
      if (type.isError) {
        throw new Error(`no PromQL at ${from}: ${query}`);
      }
      if (name === "VectorSelector") {
        const metric = node.getChild("Identifier");
        selectors.push({
          at: from,
          names: whole(metric === null ? "" : textOf(metric)),
          labels: [],
        });
      } else if (name === "UnquotedLabelMatcher") {
        const [, label = "", value = ""] = /^(\w+)\s*[=!]~?\s*"(.*)"$/s.exec(textOf(node)) ?? [];
        const selector = selectors.at(-1);
        if (label === "__name__" && selector !== undefined) {
          selector.names = whole(value);
        } else {
          selector?.labels.push(label);
        }
      } else if (name === "GroupingLabels") {
        const { from: begin = 0, to: end = query.length } = node.parent?.parent ?? {};
        const labels = node.getChildren("LabelName").map(textOf);
        groupings.push({ from: begin, to: end, labels });
      }
    },
  });
  return selectors.map(({ at, names, labels }) => {
    const around = groupings.filter(({ from, to }) => from <= at && at < to);
    return { names, labels: [...labels, ...around.flatMap((each) => each.labels)] };
  });
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}
