import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  CorrelationSchema,
  type CanonicalEntity,
  type Correlation,
  type EntityLink,
  type GetCorrelationGraphRequest,
  type GetCorrelationGraphResponseSchema,
} from "@ameideio/core-proto/ameide/entities/v1";
import { matchOf, refKey } from "./entity_match.js";

const DEFAULT_MIN_CONFIDENCE = 0.5;
const DEFAULT_MAX_RECORDS = 100;

interface Node {
  readonly entityId: string;
  readonly link: EntityLink;
}

/** Searches the records near an entity, breadth first, so the nearest come first. */
export function correlationGraph(
  from: CanonicalEntity,
  entities: readonly CanonicalEntity[],
  request: GetCorrelationGraphRequest,
): MessageInitShape<typeof GetCorrelationGraphResponseSchema> {
  const minConfidence = request.minConfidence ?? DEFAULT_MIN_CONFIDENCE;
  const maxRecords = request.maxRecords || DEFAULT_MAX_RECORDS;
  const all = entities.flatMap((entity) => nodesOf(entity));
  const correlate = (a: Node, b: Node) => {
    const found = correlationOf(a, b);
    return found !== undefined && found.confidence >= minConfidence ? found : undefined;
  };
  const own = all.filter(({ entityId }) => entityId === from.id);
  const distances = new Map(own.slice(0, maxRecords).map((node) => [node, 0]));
  let truncated = own.length > maxRecords;
  // A map is walked in the order of addition, what is added meanwhile included.
  for (const [node, distance] of distances) {
    if (distance === request.depth) {
      break;
    }
    for (const next of all.filter((each) => !distances.has(each) && correlate(node, each))) {
      if (distances.size === maxRecords) {
        truncated = true;
        break;
      }
      distances.set(next, distance + 1);
    }
  }
  const found = [...distances.keys()];
  return {
    nodes: found.map((node) => ({
      entityId: node.entityId,
      distance: distances.get(node) ?? 0,
      ...(node.link.record?.ref && { ref: node.link.record.ref }),
    })),
    correlations: found.flatMap((a, index) =>
      found.slice(index + 1).flatMap((b) => correlate(a, b) ?? []),
    ),
    truncated,
  };
}

function nodesOf({ id, links }: CanonicalEntity): Node[] {
  return links.map((link) => ({ entityId: id, link }));
}

function correlationOf(a: Node, b: Node): Correlation | undefined {
  const [source, target] = [a.link.record, b.link.record];
  if (source?.ref === undefined || target?.ref === undefined) {
    return undefined;
  }
  const ends = { source: source.ref, target: target.ref };
  const link = [
    { link: a.link, other: target.ref },
    { link: b.link, other: source.ref },
  ].find((each) => each.link.matched && refKey(each.link.matched) === refKey(each.other))?.link;
  if (link !== undefined) {
    const { confidence, method } = link;
    return create(CorrelationSchema, { ...ends, confidence, method, linked: true });
  }
  const match = matchOf(source, target);
  return match && create(CorrelationSchema, { ...ends, ...match });
}
