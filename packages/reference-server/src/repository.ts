import {
  NodeSchema,
  RepositorySchema,
  type Node,
  type Repository,
  type RepositoryService,
} from "@ameideio/core-proto/ameide/repository/v1";
import { alreadyExists } from "./collection.js";
import { precondition } from "./errors.js";
import { graphOf } from "./graph.js";
import { childrenOf, place, removeNodes, walk } from "./repository_tree.js";
import { Resources } from "./resources.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

interface Repositories {
  readonly repositories: Resources<Repository>;
  readonly nodes: Resources<Node>;
}

const makeRepositories = (store: Store): Repositories => ({
  repositories: new Resources(store, RepositorySchema, "repository", {
    writable: ["name", "description"],
    required: ["name"],
    unique: ({ name }) => name,
  }),
  nodes: new Resources(store, NodeSchema, "node"),
});

/** RepositoryService. An element that is deleted from the graph stays filed until it is taken out. */
export function repository(store: Store): Methods<typeof RepositoryService> {
  const of = (tenant: string) => store.state(tenant, makeRepositories);
  return {
    createRepository({ name, description }, call) {
      return { repository: of(call.tenant).repositories.create({ name, description }) };
    },

    getRepository({ repositoryId }, call) {
      return { repository: of(call.tenant).repositories.get(repositoryId) };
    },

    updateRepository({ repository: patch, updateMask }, call) {
      return { repository: of(call.tenant).repositories.update(patch, updateMask) };
    },

    listRepositories(request, call) {
      const { items, nextPageToken } = of(call.tenant).repositories.page(call, request, {
        key: ({ name }) => name,
        direction: "ascending",
      });
      return { repositories: items, nextPageToken };
    },

    createNode({ repositoryId, parentId, name }, call) {
      const state = of(call.tenant);
      state.repositories.get(repositoryId);
      demandParent(state, repositoryId, parentId);
      const siblings = childrenOf(state.nodes.all(), repositoryId, parentId);
      demandName(siblings, name);
      const position = siblings.length;
      return { node: state.nodes.create({ repositoryId, parentId, name, position }) };
    },

    moveNode({ nodeId, parentId, position }, call) {
      const state = of(call.tenant);
      const { nodes } = state;
      const node = nodes.get(nodeId);
      demandParent(state, node.repositoryId, parentId);
      for (let above = parentId; above !== ""; above = nodes.get(above).parentId) {
        if (above === nodeId) {
          throw precondition("NODE_BELOW_ITSELF", "a node cannot be put below itself");
        }
      }
      const siblings = childrenOf(nodes.all(), node.repositoryId, parentId);
      demandName(
        siblings.filter(({ id }) => id !== nodeId),
        node.name,
      );
      return { node: place(nodes, node, parentId, position) };
    },

    deleteNode({ nodeId, recursive }, call) {
      const { nodes } = of(call.tenant);
      const node = nodes.find(nodeId);
      if (node === undefined) {
        return {};
      }
      const all = walk(nodes.all(), [node], Infinity).map((each) => each.node);
      if (all.length > 1 && !recursive) {
        throw precondition("NODE_NOT_EMPTY", "there are nodes below the node");
      }
      removeNodes(nodes, all);
      return {};
    },

    getTree({ repositoryId, nodeId, maxDepth }, call) {
      const { repositories, nodes } = of(call.tenant);
      repositories.get(repositoryId);
      const all = nodes.all();
      const first =
        nodeId === "" ? childrenOf(all, repositoryId, "") : [nodeOf(nodes, repositoryId, nodeId)];
      return { nodes: walk(all, first, maxDepth || Infinity) };
    },

    assignElement({ nodeId, elementId }, call) {
      const { nodes } = of(call.tenant);
      const node = nodes.get(nodeId);
      graphOf(store, call.tenant).elements.get(elementId);
      if (node.elementIds.includes(elementId)) {
        return { node };
      }
      unassign(nodes, node.repositoryId, elementId);
      return { node: nodes.patch(nodeId, { elementIds: [...node.elementIds, elementId] }) };
    },

    unassignElement({ repositoryId, elementId }, call) {
      const { repositories, nodes } = of(call.tenant);
      repositories.get(repositoryId);
      unassign(nodes, repositoryId, elementId);
      return {};
    },

    getStats({ repositoryId }, call) {
      const { repositories, nodes } = of(call.tenant);
      repositories.get(repositoryId);
      const all = walk(nodes.all(), childrenOf(nodes.all(), repositoryId, ""), Infinity);
      const stats = {
        nodeCount: all.length,
        elementCount: all.reduce((sum, { node }) => sum + node.elementIds.length, 0),
        maxDepth: all.reduce((most, { depth }) => Math.max(most, depth + 1), 0),
        emptyNodeCount: all.filter(
          ({ node, childCount }) => childCount === 0 && node.elementIds.length === 0,
        ).length,
      };
      return { stats };
    },
  };
}

/** Returns a node of one repository. Those of another are not found. */
function nodeOf(nodes: Resources<Node>, repositoryId: string, nodeId: string): Node {
  const node = nodes.find(nodeId);
  return nodes.get(node?.repositoryId === repositoryId ? nodeId : "");
}

function demandParent({ nodes }: Repositories, repositoryId: string, parentId: string): void {
  if (parentId !== "") {
    nodeOf(nodes, repositoryId, parentId);
  }
}

function demandName(siblings: readonly Node[], name: string): void {
  if (siblings.some((each) => each.name === name)) {
    throw alreadyExists("node", name);
  }
}

function unassign(nodes: Resources<Node>, repositoryId: string, elementId: string): void {
  for (const node of nodes.all()) {
    if (node.repositoryId === repositoryId && node.elementIds.includes(elementId)) {
      nodes.patch(node.id, { elementIds: node.elementIds.filter((id) => id !== elementId) });
    }
  }
}
