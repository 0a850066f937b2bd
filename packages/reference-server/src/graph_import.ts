import { create, equals, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ElementSchema,
  RelationshipSchema,
  type Element,
  type ElementKind,
  type ImportElementsRequest,
  type ImportElementsResponseSchema,
  type Relationship,
} from "@ameideio/core-proto/ameide/graph/v1";
import { alreadyExists } from "./collection.js";
import { invalidField, notFound } from "./errors.js";
import type { Resources } from "./resources.js";

/** Imports elements and relationships, all or none: everything is checked before anything changes. */
export function importElements(
  graph: { elements: Resources<Element>; relationships: Resources<Relationship> },
  requests: readonly ImportElementsRequest[],
): MessageInitShape<typeof ImportElementsResponseSchema> {
  checkElements(graph.elements, requests);
  checkRelationships(graph.relationships, requests);
  const counts = { createdElements: 0, updatedElements: 0, unchangedElements: 0, relationships: 0 };
  for (const { item } of requests) {
    if (item.case === "element") {
      const { $typeName: _, ...init } = item.value;
      counts[`${importElement(graph.elements, init)}Elements`] += 1;
    } else if (item.case === "relationship") {
      const { $typeName: _, ...init } = item.value;
      const known = graph.relationships.find(init.id);
      const createdAt = known?.createdAt;
      const imported = create(RelationshipSchema, { ...init, ...(createdAt && { createdAt }) });
      if (known === undefined) {
        graph.relationships.createAmong(imported);
        counts.relationships += 1;
      } else if (!equals(RelationshipSchema, known, imported)) {
        graph.relationships.replace(imported);
        counts.relationships += 1;
      }
    }
  }
  return counts;
}

function importElement(
  elements: Resources<Element>,
  init: Omit<MessageInitShape<typeof ElementSchema>, "$typeName"> & { id: string },
): "created" | "updated" | "unchanged" {
  const known = elements.find(init.id);
  if (known === undefined) {
    elements.create({ ...init, version: 1n });
    return "created";
  }
  const { id, createdAt, updatedAt, version } = known;
  const changed = create(ElementSchema, {
    ...init,
    id,
    version,
    ...(createdAt && { createdAt }),
    ...(updatedAt && { updatedAt }),
  });
  if (equals(ElementSchema, known, changed)) {
    return "unchanged";
  }
  changed.version = version + 1n;
  elements.replace(changed);
  return "updated";
}

/** Refuses a relationship before its elements, and an element of another kind than before. */
function checkElements(
  elements: Resources<Element>,
  requests: readonly ImportElementsRequest[],
): void {
  const imported = new Map<string, ElementKind>();
  for (const { item } of requests) {
    if (item.case === "element") {
      const { id, kind } = item.value;
      const before = imported.get(id) ?? elements.find(id)?.kind ?? kind;
      if (before !== kind) {
        throw invalidField(
          "element.kind",
          "IMMUTABLE_FIELD",
          `the kind of ${id} cannot be changed`,
        );
      }
      imported.set(id, kind);
    } else if (item.case === "relationship") {
      const { sourceId, targetId } = item.value;
      const missing = [sourceId, targetId].find((id) => !imported.has(id) && !elements.find(id));
      if (missing !== undefined) {
        throw notFound("element", missing);
      }
    }
  }
}

/** Refuses what would leave two relationships of one type from one element to another. */
function checkRelationships(
  relationships: Resources<Relationship>,
  requests: readonly ImportElementsRequest[],
): void {
  const imported = requests.flatMap(({ item }) =>
    item.case === "relationship" ? [item.value] : [],
  );
  const byId = new Map([...relationships.all(), ...imported].map((each) => [each.id, each]));
  const seen = new Set<string>();
  for (const { sourceId, typeKey, targetId } of byId.values()) {
    const key = `${sourceId} ${typeKey} ${targetId}`;
    if (seen.has(key)) {
      throw alreadyExists("relationship", key);
    }
    seen.add(key);
  }
}
