import { randomUUID } from "node:crypto";
import { create, toJson, type JsonObject } from "@bufbuild/protobuf";
import type { Agent } from "@ameideio/core-proto/ameide/agents/v1";
import type { AgentsRuntimeService } from "@ameideio/core-proto/ameide/agents_runtime/v1";
import { GenerateRequestSchema } from "@ameideio/core-proto/ameide/inference/v1";
import { Role, ToolCallSchema } from "@ameideio/core-proto/ameide/threads/v1";
import { pause } from "./abort.js";
import { catalogOf } from "./agent_catalog.js";
import { echo, type Answer } from "./echo.js";
import type { Generation } from "./generations.js";
import { countTokens, findModel } from "./models.js";
import { paginate } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** AgentsRuntimeService. An agent is its model, which is an echo, and calls its tools as that does. */
export function agentsRuntime(store: Store): Methods<typeof AgentsRuntimeService> {
  return {
    invoke({ agentId, version, input }, call) {
      const agent = catalogOf(store, call.tenant).version(agentId, version);
      const { runId, answer, generation } = begin(store, call.tenant, agent, input ?? {});
      generation.outputTokens = answer.tokens.length + (answer.toolCall?.tokens ?? 0);
      generation.state = "completed";
      return { runId, ...resultOf(agent, answer, generation) };
    },

    async *invokeStream({ agentId, version, input }, call) {
      const agent = catalogOf(store, call.tenant).version(agentId, version);
      const { runId, answer, generation } = begin(store, call.tenant, agent, input ?? {});
      try {
        for (const value of answer.tokens) {
          await pause(store.tokenDelayMs, call.signal);
          generation.outputTokens += 1;
          yield { runId, event: { case: "text", value } };
        }
        generation.outputTokens += answer.toolCall?.tokens ?? 0;
        generation.state = "completed";
        yield { runId, event: { case: "result", value: resultOf(agent, answer, generation) } };
      } finally {
        if (generation.state === "running") {
          generation.state = "abandoned";
        }
      }
    },

    listRunnableAgents(request, call) {
      const latest = catalogOf(store, call.tenant).latest();
      const { items, nextPageToken } = paginate(store.sealer, call, request, latest, {
        key: ({ name, id }) => `${name} ${id}`,
        direction: "ascending",
      });
      const agents = items.map(({ id: agentId, name, description, publishedVersion: version }) => ({
        agentId,
        name,
        description,
        version,
      }));
      return { agents, nextPageToken };
    },
  };
}

/** Begins a run, which is billed from here on. */
function begin(store: Store, tenant: string, agent: Agent, input: JsonObject) {
  const model = findModel(agent.model);
  const text = typeof input["text"] === "string" ? input["text"] : JSON.stringify(input);
  const request = create(GenerateRequestSchema, {
    agentId: agent.id,
    messages: [
      { role: Role.SYSTEM, parts: [{ content: { case: "text", value: agent.instructions } }] },
      { role: Role.USER, parts: [{ content: { case: "text", value: text } }] },
    ],
    options: { model: model.id, tools: agent.tools.map(({ name }) => ({ name })) },
  });
  const answer = echo(request, Number(model.maxOutputTokens), randomUUID());
  const runId = randomUUID();
  const inputTokens = countTokens(request.messages);
  const begun = { tenant, streamId: runId, agentId: agent.id, model: model.id, inputTokens };
  return { runId, answer, generation: store.generations.begin(begun) };
}

function resultOf({ publishedVersion: version }: Agent, answer: Answer, generation: Generation) {
  const toolCalls = answer.toolCall ? [toJson(ToolCallSchema, answer.toolCall.call)] : [];
  return {
    version,
    output: { text: answer.tokens.join(""), tool_calls: toolCalls },
    usage: {
      inputTokens: BigInt(generation.inputTokens),
      outputTokens: BigInt(generation.outputTokens),
      toolCalls: toolCalls.length,
    },
  };
}
