import { randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  DeploymentSchema,
  LabelSchema,
  PromptSchema,
  PromptVersionSchema,
  type Deployment,
  type Label,
  type Prompt,
  type PromptService,
  type PromptVersion,
  type ResolvedPromptSchema,
} from "@ameideio/core-proto/ameide/prompts/v1";
import { alreadyExists, Collection } from "./collection.js";
import { notFound } from "./errors.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

const DEFAULT_LABEL = "production";

interface StoredPrompt {
  readonly prompt: Prompt;
  readonly versions: Collection<PromptVersion>;
  readonly labels: Collection<Label>;
  readonly deployments: Collection<Deployment>;
}

/** A surface and an environment that ask, and the label they ask for. */
interface Asker {
  surface: string;
  env: string;
  label: string;
}

const makePrompts = (store: Store) => new Collection<StoredPrompt>(store, "prompt");

/** PromptService. */
export function prompts(store: Store): Methods<typeof PromptService> {
  const of = (tenant: string) => store.state(tenant, makePrompts);
  return {
    createPrompt({ name, description, template, config }, call) {
      const all = of(call.tenant);
      if (all.all().some(({ prompt }) => prompt.name === name)) {
        throw alreadyExists("prompt", name);
      }
      const createdAt = store.timestamp();
      const id = randomUUID();
      const prompt = create(PromptSchema, { id, name, description, createdAt });
      const stored = all.add(id, {
        prompt,
        versions: new Collection(store, "version"),
        labels: new Collection(store, "label"),
        deployments: new Collection(store, "deployment"),
      });
      const version = addVersion(store, stored, { template, ...(config && { config }) });
      return { prompt, version };
    },

    getPrompt({ promptId }, call) {
      return { prompt: of(call.tenant).get(promptId).prompt };
    },

    listPrompts(request, call) {
      const { items, nextPageToken } = of(call.tenant).page(call, request, BY_NAME);
      return { prompts: items.map(({ prompt }) => prompt), nextPageToken };
    },

    createVersion({ promptId, template, notes, config }, call) {
      const stored = of(call.tenant).get(promptId);
      return {
        version: addVersion(store, stored, { template, notes, ...(config && { config }) }),
      };
    },

    listVersions(request, call) {
      const { versions } = of(call.tenant).get(request.promptId);
      const { items, nextPageToken } = versions.page(call, request);
      return { versions: items, nextPageToken };
    },

    assignLabel({ promptId, label, surface, env, version }, call) {
      const { versions, labels, deployments } = of(call.tenant).get(promptId);
      versions.get(String(version));
      const key = labelKey({ label, surface, env });
      const before = labels.find(key);
      if (before?.version === version) {
        return { label: before };
      }
      const assignedAt = store.timestamp();
      const init = { promptId, label, surface, env, version, assignedAt };
      const assigned = labels.set(key, create(LabelSchema, init));
      const id = randomUUID();
      const previousVersion = before?.version ?? 0;
      deployments.add(id, create(DeploymentSchema, { id, label: assigned, previousVersion }));
      return { label: assigned };
    },

    listLabels(request, call) {
      const { labels } = of(call.tenant).get(request.promptId);
      const { items, nextPageToken } = labels.page(call, request, {
        key: labelKey,
        direction: "ascending",
      });
      return { labels: items, nextPageToken };
    },

    listDeployments(request, call) {
      const { deployments } = of(call.tenant).get(request.promptId);
      const { items, nextPageToken } = deployments.page(call, request);
      return { deployments: items, nextPageToken };
    },

    linkEval(request, call) {
      const { versions } = of(call.tenant).get(request.promptId);
      const version = versions.get(String(request.version));
      if (request.eval !== undefined) {
        const { evalId } = request.eval;
        const known = version.evals.findIndex((each) => each.evalId === evalId);
        version.evals.splice(known < 0 ? version.evals.length : known, 1, request.eval);
      }
      return { version };
    },

    resolve(request, call) {
      const { name } = request;
      const stored = of(call.tenant)
        .all()
        .find(({ prompt }) => prompt.name === name);
      const resolved = stored && resolvePrompt(stored, request);
      if (resolved === undefined) {
        throw notFound(stored === undefined ? "prompt" : "label", name);
      }
      return { resolved };
    },

    resolveAll(request, call) {
      const { items, nextPageToken } = of(call.tenant).page(call, request, {
        ...BY_NAME,
        where: (stored) => resolvePrompt(stored, request) !== undefined,
      });
      return {
        resolved: items.flatMap((stored) => resolvePrompt(stored, request) ?? []),
        nextPageToken,
      };
    },
  };
}

const BY_NAME = {
  key: ({ prompt }: StoredPrompt) => prompt.name,
  direction: "ascending",
} as const;

function addVersion(
  store: Store,
  { prompt, versions }: StoredPrompt,
  init: Pick<MessageInitShape<typeof PromptVersionSchema>, "template" | "notes" | "config">,
): PromptVersion {
  const version = prompt.latestVersion + 1;
  const createdAt = store.timestamp();
  const added = create(PromptVersionSchema, {
    ...init,
    promptId: prompt.id,
    version,
    variables: variablesOf(init.template ?? ""),
    createdAt,
  });
  prompt.latestVersion = version;
  prompt.updatedAt = createdAt;
  return versions.add(String(version), added);
}

function variablesOf(template: string): string[] {
  const names = [...template.matchAll(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g)].map(
    ([, name = ""]) => name,
  );
  return [...new Set(names)];
}

function labelKey({ label, surface, env }: Asker): string {
  return JSON.stringify([label, surface, env]);
}

function resolvePrompt(
  { prompt, versions, labels }: StoredPrompt,
  asker: Asker,
): MessageInitShape<typeof ResolvedPromptSchema> | undefined {
  const { surface, env } = asker;
  const wanted = asker.label || DEFAULT_LABEL;
  const label = [
    { surface, env },
    { surface, env: "" },
    { surface: "", env },
    { surface: "", env: "" },
  ]
    .map((place) => labels.find(labelKey({ label: wanted, ...place })))
    .find((found) => found !== undefined);
  if (label === undefined && asker.label !== "") {
    return undefined;
  }
  const version = versions.get(String(label?.version ?? prompt.latestVersion));
  return {
    prompt,
    version,
    ...(label && { label }),
  };
}
