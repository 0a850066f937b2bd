import { clone } from "@bufbuild/protobuf";
import {
  AgentSchema,
  type Agent,
  type AgentNode,
  type SimulateRouteRequest,
} from "@ameideio/core-proto/ameide/agents/v1";
import { Changes } from "./changes.js";
import { Collection } from "./collection.js";
import { invalidField } from "./errors.js";
import { NODE_DEFINITIONS } from "./node_definitions.js";
import { Resources } from "./resources.js";
import type { Store } from "./store.js";
import { wordsOf } from "./words.js";

/** Agents of a tenant: their drafts, what was published of them, and what happened to them. */
export class AgentCatalog {
  readonly drafts: Resources<Agent>;
  private readonly published: Collection<Agent>;
  private readonly changes = new Changes();
  /** Ids of the agents that changed, in order. */
  private readonly log: string[] = [];

  constructor(store: Store) {
    this.published = new Collection(store, "agent_version");
    this.drafts = new Resources(store, AgentSchema, "agent", {
      writable: ["name", "description", "instructions", "model", "tools", "routing_rules", "nodes"],
      required: ["name"],
      unique: ({ name }) => name,
    });
  }

  /** Says that an agent was created, changed, published or deleted. */
  announce(id: string): void {
    this.log.push(id);
    this.changes.announce();
  }

  /** Publishes the draft of an agent as its next version, unless it is published already. */
  publish(id: string): Agent {
    const draft = this.drafts.get(id);
    if (!draft.hasDraft) {
      return draft;
    }
    const publishedVersion = draft.publishedVersion + 1;
    const agent = this.drafts.patch(id, { publishedVersion, hasDraft: false });
    this.published.add(`${id}/${publishedVersion}`, clone(AgentSchema, agent));
    this.announce(id);
    return agent;
  }

  /**
   * Returns an agent as it was published.
   *
   * @param version - 0 for the latest.
   * @throws Problem `not_found`
   */
  version(id: string, version = 0): Agent {
    const { publishedVersion } = this.drafts.get(id);
    return this.published.get(`${id}/${version || publishedVersion}`);
  }

  /** Lists the latest published version of each agent, in the order of their creation. */
  latest(): Agent[] {
    const ids = this.drafts.all().filter(({ publishedVersion }) => publishedVersion > 0);
    return ids.map(({ id }) => this.version(id));
  }

  /** Deletes an agent with what was published of it. */
  delete(id: string): void {
    const draft = this.drafts.delete(id);
    if (draft === undefined) {
      return;
    }
    for (let version = 1; version <= draft.publishedVersion; version++) {
      this.published.delete(`${id}/${version}`);
    }
    this.announce(id);
  }

  /** Yields every agent, then undefined, then the id of each that changes, with what it is now. */
  async *watch(signal: AbortSignal): AsyncGenerator<{ id: string; agent?: Agent } | undefined> {
    let seen = this.log.length;
    for (const agent of this.drafts.all()) {
      yield { id: agent.id, agent };
    }
    yield undefined;
    for (;;) {
      for (; seen < this.log.length; seen++) {
        const id = this.log[seen] ?? "";
        const agent = this.drafts.find(id);
        yield { id, ...(agent && { agent }) };
      }
      await this.changes.next(signal);
    }
  }
}

/** Returns the agents of a tenant. */
export function catalogOf(store: Store, tenant: string): AgentCatalog {
  return store.state(tenant, makeCatalog);
}

const makeCatalog = (store: Store) => new AgentCatalog(store);

/** Finds the rules that match a message, the deciding one first. */
export function candidatesFor(agents: readonly Agent[], message: SimulateRouteRequest) {
  const words = wordsOf(message.text);
  return agents
    .flatMap((agent) => agent.routingRules.map((rule) => ({ agent, rule })))
    .filter(
      ({ rule: { surface, intent, keywords } }) =>
        (surface === "" || surface === message.surface) &&
        (intent === "" || intent === message.intent) &&
        (keywords.length === 0 || keywords.some((keyword) => words.has(keyword.toLowerCase()))),
    )
    .sort((a, b) => b.rule.priority - a.rule.priority);
}

/**
 * Demands that the definitions of all nodes are there.
 *
 * @throws Problem `invalid_argument`
 */
export function demandNodes(field: string, nodes: readonly AgentNode[]): void {
  const wrong = nodes.findIndex(
    ({ definitionKey, definitionVersion }) =>
      !NODE_DEFINITIONS.some(
        ({ key, version }) => key === definitionKey && version === definitionVersion,
      ),
  );
  const node = nodes[wrong];
  if (node !== undefined) {
    const name = `${node.definitionKey} ${node.definitionVersion}`;
    throw invalidField(`${field}[${wrong}]`, "NODE_UNKNOWN", `there is no node ${name}`);
  }
}
