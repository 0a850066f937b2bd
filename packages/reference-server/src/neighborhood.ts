import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Direction,
  type Element,
  type GetNeighborhoodRequest,
  type GetNeighborhoodResponseSchema,
  type Relationship,
} from "@ameideio/core-proto/ameide/graph/v1";

const DEFAULT_MAX_ELEMENTS = 100;

/** Elements and relationships, as far as a search needs them. */
interface Readable {
  readonly elements: { get(id: string): Element };
  readonly relationships: { all(): Relationship[] };
}

/** Searches breadth first, so the nearest come first. */
export function neighborhood(
  { elements, relationships }: Readable,
  request: GetNeighborhoodRequest,
): MessageInitShape<typeof GetNeighborhoodResponseSchema> {
  const { elementId, depth, direction, typeKeys } = request;
  const maxElements = request.maxElements || DEFAULT_MAX_ELEMENTS;
  const followed = relationships
    .all()
    .filter(({ typeKey }) => typeKeys.length === 0 || typeKeys.includes(typeKey));
  const distances = new Map([[elements.get(elementId).id, 0]]);
  let truncated = false;
  // A map is walked in the order of addition, what is added meanwhile included.
  for (const [id, distance] of distances) {
    if (distance === depth) {
      break;
    }
    for (const next of followed.flatMap((each) => otherEnds(each, id, direction))) {
      if (distances.has(next)) {
        continue;
      }
      if (distances.size === maxElements) {
        truncated = true;
        continue;
      }
      distances.set(next, distance + 1);
    }
  }
  return {
    neighbors: [...distances].map(([id, distance]) => ({ element: elements.get(id), distance })),
    relationships: followed.filter(
      ({ sourceId, targetId }) => distances.has(sourceId) && distances.has(targetId),
    ),
    truncated,
  };
}

function otherEnds({ sourceId, targetId }: Relationship, id: string, way: Direction): string[] {
  return [
    ...(sourceId === id && way !== Direction.INCOMING ? [targetId] : []),
    ...(targetId === id && way !== Direction.OUTGOING ? [sourceId] : []),
  ];
}
