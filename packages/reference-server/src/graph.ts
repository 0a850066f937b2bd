import { Code } from "@connectrpc/connect";
import {
  Direction,
  ElementKind,
  ElementSchema,
  RelationshipSchema,
  type Element,
  type GraphService,
  type Relationship,
} from "@ameideio/core-proto/ameide/graph/v1";
import { Problem } from "./errors.js";
import { importElements } from "./graph_import.js";
import { neighborhood } from "./neighborhood.js";
import { numberKey } from "./pages.js";
import { Resources } from "./resources.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";
import { scoreOf, wordsOf } from "./words.js";

/** Elements and relationships of a tenant. */
export interface Graph {
  readonly elements: Resources<Element>;
  readonly relationships: Resources<Relationship>;
}

/** Returns the graph of a tenant. */
export function graphOf(store: Store, tenant: string): Graph {
  return store.state(tenant, makeGraph);
}

const makeGraph = (store: Store): Graph => ({
  elements: new Resources(store, ElementSchema, "element", {
    writable: ["type_key", "name", "description", "properties"],
    required: ["type_key", "name"],
  }),
  relationships: new Resources(store, RelationshipSchema, "relationship", {
    unique: ({ sourceId, typeKey, targetId }) => `${sourceId} ${typeKey} ${targetId}`,
  }),
});

const MAX_SCORE = 1_000_000;

/** GraphService. */
export function graph(store: Store): Methods<typeof GraphService> {
  const of = (tenant: string) => graphOf(store, tenant);
  return {
    createElement({ kind, typeKey, name, description, properties }, call) {
      const init = { kind, typeKey, name, description, version: 1n };
      return {
        element: of(call.tenant).elements.create({ ...init, ...(properties && { properties }) }),
      };
    },

    getElement({ elementId }, call) {
      return { element: of(call.tenant).elements.get(elementId) };
    },

    updateElement({ element: patch, updateMask, expectedVersion }, call) {
      const { elements } = of(call.tenant);
      const { version } = elements.get(patch?.id ?? "");
      if (expectedVersion !== 0n && expectedVersion !== version) {
        throw new Problem(Code.Aborted, "VERSION_CONFLICT", `the element has version ${version}`, {
          metadata: { version: String(version) },
        });
      }
      const { id } = elements.update(patch, updateMask);
      return { element: elements.patch(id, { version: version + 1n }) };
    },

    deleteElement({ elementId }, call) {
      const { elements, relationships } = of(call.tenant);
      elements.delete(elementId);
      for (const { id, sourceId, targetId } of relationships.all()) {
        if (sourceId === elementId || targetId === elementId) {
          relationships.delete(id);
        }
      }
      return {};
    },

    listElements(request, call) {
      const { kind, typeKey } = request;
      const { items, nextPageToken } = of(call.tenant).elements.page(call, request, {
        where: (each) => isKind(each, kind) && (typeKey === "" || typeKey === each.typeKey),
      });
      return { elements: items, nextPageToken };
    },

    createRelationship({ sourceId, targetId, typeKey, properties }, call) {
      const { elements, relationships } = of(call.tenant);
      [sourceId, targetId].forEach((id) => elements.get(id));
      const init = { sourceId, targetId, typeKey };
      return { relationship: relationships.create({ ...init, ...(properties && { properties }) }) };
    },

    deleteRelationship({ relationshipId }, call) {
      of(call.tenant).relationships.delete(relationshipId);
      return {};
    },

    listRelationships(request, call) {
      const { elementId, direction, typeKey } = request;
      const { items, nextPageToken } = of(call.tenant).relationships.page(call, request, {
        where: (each) =>
          (typeKey === "" || typeKey === each.typeKey) &&
          (elementId === "" ||
            (direction !== Direction.INCOMING && elementId === each.sourceId) ||
            (direction !== Direction.OUTGOING && elementId === each.targetId)),
      });
      return { relationships: items, nextPageToken };
    },

    getNeighborhood(request, call) {
      return neighborhood(of(call.tenant), request);
    },

    searchElements(request, call) {
      const words = wordsOf(request.query);
      const score = ({ name, description }: Element) =>
        2 * scoreOf(words, name) + scoreOf(words, description);
      const { items, nextPageToken } = of(call.tenant).elements.page(call, request, {
        where: (each) => isKind(each, request.kind) && score(each) > 0,
        key: (each) => numberKey(MAX_SCORE - score(each)) + each.id,
        direction: "ascending",
      });
      return {
        elements: items.map((element) => ({ element, score: score(element) })),
        nextPageToken,
      };
    },

    importElements: (requests, call) => importElements(of(call.tenant), requests),
  };
}

function isKind({ kind }: Element, wanted: ElementKind): boolean {
  return wanted === ElementKind.UNSPECIFIED || wanted === kind;
}
