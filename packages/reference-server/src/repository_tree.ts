import type { Node } from "@ameideio/core-proto/ameide/repository/v1";
import type { Resources } from "./resources.js";

/** A node with its level below the one that was asked for. */
export interface Leveled {
  node: Node;
  depth: number;
  childCount: number;
}

/** Returns the nodes below a parent, in their order. */
export function childrenOf(nodes: readonly Node[], repositoryId: string, parentId: string): Node[] {
  return nodes
    .filter((node) => node.repositoryId === repositoryId && node.parentId === parentId)
    .sort((a, b) => a.position - b.position);
}

/** Returns a part of a tree, each node followed by those below it. */
export function walk(
  nodes: readonly Node[],
  first: readonly Node[],
  maxDepth: number,
  depth = 0,
): Leveled[] {
  return first.flatMap((node) => {
    const children = childrenOf(nodes, node.repositoryId, node.id);
    const below = depth + 1 < maxDepth ? walk(nodes, children, maxDepth, depth + 1) : [];
    return [{ node, depth, childCount: children.length }, ...below];
  });
}

/** Puts a node below a parent, and numbers the nodes there and where it was. */
export function place(
  nodes: Resources<Node>,
  node: Node,
  parentId: string,
  position: number,
): Node {
  const others = (id: string) =>
    childrenOf(nodes.all(), node.repositoryId, id).filter((each) => each.id !== node.id);
  const siblings = others(parentId);
  siblings.splice(position, 0, node);
  if (parentId !== node.parentId) {
    number(nodes, others(node.parentId), node.parentId);
  }
  number(nodes, siblings, parentId);
  return nodes.get(node.id);
}

/** Deletes nodes, and numbers those that were beside the first. */
export function removeNodes(nodes: Resources<Node>, removed: readonly Node[]): void {
  removed.forEach(({ id }) => nodes.delete(id));
  const [first] = removed;
  if (first !== undefined) {
    const { repositoryId, parentId } = first;
    number(nodes, childrenOf(nodes.all(), repositoryId, parentId), parentId);
  }
}

function number(nodes: Resources<Node>, siblings: readonly Node[], parentId: string): void {
  for (const [position, { id, ...before }] of siblings.entries()) {
    if (before.position !== position || before.parentId !== parentId) {
      nodes.patch(id, { position, parentId });
    }
  }
}
