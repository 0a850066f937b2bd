import type { AgentsService } from "@ameideio/core-proto/ameide/agents/v1";
import { candidatesFor, catalogOf, demandNodes } from "./agent_catalog.js";
import { NODE_DEFINITIONS } from "./node_definitions.js";
import { numberKey, paginate } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

// Versions of a node are listed from the latest on.
const MAX_VERSION = 1_000_000;

/** AgentsService. */
export function agents(store: Store): Methods<typeof AgentsService> {
  const of = (tenant: string) => catalogOf(store, tenant);
  return {
    createAgent(request, call) {
      const { name, description, instructions, model, tools, routingRules, nodes } = request;
      demandNodes("nodes", nodes);
      const catalog = of(call.tenant);
      const init = { name, description, instructions, model, tools, routingRules, nodes };
      const agent = catalog.drafts.create({ ...init, hasDraft: true });
      catalog.announce(agent.id);
      return { agent };
    },

    getAgent({ agentId, version }, call) {
      const catalog = of(call.tenant);
      const agent = version === 0 ? catalog.drafts.get(agentId) : catalog.version(agentId, version);
      return { agent };
    },

    updateAgent({ agent: patch, updateMask }, call) {
      demandNodes("agent.nodes", patch?.nodes ?? []);
      const catalog = of(call.tenant);
      const { id } = catalog.drafts.update(patch, updateMask);
      const agent = catalog.drafts.patch(id, { hasDraft: true });
      catalog.announce(id);
      return { agent };
    },

    publishAgent({ agentId }, call) {
      return { agent: of(call.tenant).publish(agentId) };
    },

    deleteAgent({ agentId }, call) {
      of(call.tenant).delete(agentId);
      return {};
    },

    listAgents(request, call) {
      const catalog = of(call.tenant);
      const { publishedOnly } = request;
      const { items, nextPageToken } = catalog.drafts.page(call, request, {
        where: ({ publishedVersion }) => !publishedOnly || publishedVersion > 0,
      });
      return {
        agents: publishedOnly ? items.map(({ id }) => catalog.version(id)) : items,
        nextPageToken,
      };
    },

    listNodes(request, call) {
      const chosen = NODE_DEFINITIONS.filter(
        ({ key }) => request.key === "" || request.key === key,
      );
      const { items, nextPageToken } = paginate(store.sealer, call, request, chosen, {
        key: ({ key, version }) => `${key} ${numberKey(MAX_VERSION - version)}`,
        direction: "ascending",
      });
      return { nodes: items, nextPageToken };
    },

    simulateRoute(request, call) {
      const found = candidatesFor(of(call.tenant).latest(), request);
      const candidates = found.map(({ agent: { id: agentId }, rule }) => ({ agentId, rule }));
      const [first] = found;
      if (first === undefined) {
        return { candidates };
      }
      const { agent, rule } = first;
      return { agentId: agent.id, agentVersion: agent.publishedVersion, rule, candidates };
    },

    async *watchCatalog(_, call) {
      for await (const change of of(call.tenant).watch(call.signal)) {
        if (change === undefined) {
          yield { event: { case: "synced", value: {} } };
        } else if (change.agent === undefined) {
          yield { event: { case: "deletedAgentId", value: change.id } };
        } else {
          yield { event: { case: "agent", value: change.agent } };
        }
      }
    },
  };
}
