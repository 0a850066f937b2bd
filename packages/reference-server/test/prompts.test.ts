import { Code } from "@connectrpc/connect";
import { PromptService } from "@ameideio/core-proto/ameide/prompts/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

/** A server with a prompt of three versions. */
async function startPrompt() {
  const { client } = await start({ now: () => 1_000 });
  const prompts = client(PromptService);
  const { prompt } = await prompts.createPrompt({ name: "triage", template: "1" });
  const promptId = prompt?.id ?? "";
  await prompts.createVersion({ promptId, template: "2", notes: "better" });
  await prompts.createVersion({ promptId, template: "3" });
  return { client, prompts, promptId };
}

test("versions are numbered from 1, and know the variables of their text", async () => {
  const { prompts, promptId } = await startPrompt();
  const template = "{{ b }} {{a}} {{b}} {{not a name}}";
  const { version } = await prompts.createVersion({ promptId, template });
  expect(version).toMatchObject({ version: 4, variables: ["b", "a"] });
  const { versions } = await prompts.listVersions({ promptId, pageSize: 2 });
  expect(versions.map((each) => each.version)).toEqual([4, 3]);
  expect((await prompts.getPrompt({ promptId })).prompt?.latestVersion).toBe(4);
});

test("a name is a tenant's only once, and tenants do not see each other's prompts", async () => {
  const { client, prompts, promptId } = await startPrompt();
  expect(await failure(prompts.createPrompt({ name: "triage", template: "x" }))).toMatchObject({
    code: Code.AlreadyExists,
    reason: "PROMPT_EXISTS",
  });
  const others = client(PromptService, { tenant: "other" });
  await others.createPrompt({ name: "triage", template: "x" });
  expect(await failure(others.getPrompt({ promptId }))).toMatchObject({
    code: Code.NotFound,
    reason: "PROMPT_NOT_FOUND",
  });
  const bad = prompts.createPrompt({ name: "Not a name", template: "x" });
  expect(await failure(bad)).toMatchObject({ fields: ["name"] });
});

test("the most specific label wins", async () => {
  const { prompts, promptId } = await startPrompt();
  const at = async (asker: { surface?: string; env?: string; label?: string }) => {
    const { resolved } = await prompts.resolve({ name: "triage", ...asker });
    return [resolved?.version?.version, resolved?.label?.label];
  };
  expect(await at({})).toEqual([3, undefined]);
  const assign = (version: number, place: object) =>
    prompts.assignLabel({ promptId, label: "production", version, ...place });
  await assign(1, {});
  expect(await at({ surface: "slack", env: "eu" })).toEqual([1, "production"]);
  await assign(2, { env: "eu" });
  expect(await at({ surface: "slack", env: "eu" })).toEqual([2, "production"]);
  await assign(3, { surface: "slack" });
  expect(await at({ surface: "slack", env: "eu" })).toEqual([3, "production"]);
  await assign(1, { surface: "slack", env: "eu" });
  expect(await at({ surface: "slack", env: "eu" })).toEqual([1, "production"]);
  expect(await at({ surface: "slack" })).toEqual([3, "production"]);
  expect(await at({ env: "eu", label: "production" })).toEqual([2, "production"]);
  expect(await failure(at({ label: "canary" }))).toMatchObject({ reason: "LABEL_NOT_FOUND" });
});

test("each move of a label is a deployment, and standing still is none", async () => {
  const { prompts, promptId } = await startPrompt();
  const assign = (version: number) => prompts.assignLabel({ promptId, label: "canary", version });
  await assign(1);
  await assign(2);
  await assign(2);
  const { deployments } = await prompts.listDeployments({ promptId });
  expect(deployments.map((each) => [each.previousVersion, each.label?.version])).toEqual([
    [1, 2],
    [0, 1],
  ]);
  const { labels } = await prompts.listLabels({ promptId });
  expect(labels).toMatchObject([{ label: "canary", version: 2 }]);
  expect(await failure(assign(4))).toMatchObject({ reason: "VERSION_NOT_FOUND" });
});

test("an evaluation is linked once, and linked again it is replaced", async () => {
  const { prompts, promptId } = await startPrompt();
  const link = (evalId: string, score: number) =>
    prompts.linkEval({ promptId, version: 2, eval: { evalId, score } });
  await link("a", 0.5);
  await link("b", 0.25);
  const { version } = await link("a", 1);
  expect(version?.evals).toMatchObject([
    { evalId: "a", score: 1 },
    { evalId: "b", score: 0.25 },
  ]);
  expect(await failure(link("c", 2))).toMatchObject({ fields: ["eval.score"] });
});

test("all that resolves is listed by name, page by page", async () => {
  const { prompts, promptId } = await startPrompt();
  await prompts.createPrompt({ name: "answer", template: "x" });
  const names = async (label: string) => {
    const first = await prompts.resolveAll({ label, pageSize: 1 });
    const second = await prompts.resolveAll({ label, pageToken: first.nextPageToken });
    return [first, second].map(({ resolved }) => resolved.map((each) => each.prompt?.name));
  };
  expect(await names("")).toEqual([["answer"], ["triage"]]);
  await prompts.assignLabel({ promptId, label: "canary", version: 1 });
  const { resolved, nextPageToken } = await prompts.resolveAll({ label: "canary" });
  expect(resolved).toMatchObject([{ prompt: { name: "triage" }, version: { version: 1 } }]);
  expect(nextPageToken).toBe("");
  const listed = await prompts.listPrompts({});
  expect(listed.prompts.map(({ name }) => name)).toEqual(["answer", "triage"]);
});
