import type { MessageInitShape } from "@bufbuild/protobuf";
import type { NodeDefinitionSchema } from "@ameideio/core-proto/ameide/agents/v1";

const settings = (...required: string[]) => ({
  type: "object",
  properties: Object.fromEntries(required.map((name) => [name, { type: "string" }])),
  required,
});

/** Nodes that agents of every tenant can be built of. */
export const NODE_DEFINITIONS = [
  {
    key: "model.generate",
    version: 1,
    displayName: "Generate",
    description: "Answers with a model",
    configSchema: settings(),
  },
  {
    key: "model.generate",
    version: 2,
    displayName: "Generate",
    description: "Answers with the model that its settings name",
    configSchema: settings("model"),
  },
  {
    key: "tool.call",
    version: 1,
    displayName: "Call a tool",
    description: "Calls a tool of the agent",
    configSchema: settings("tool"),
  },
] as const satisfies MessageInitShape<typeof NodeDefinitionSchema>[];
