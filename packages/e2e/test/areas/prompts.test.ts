import { paginate } from "@ameideio/ameide-sdk-ts";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a prompt is created once, rolled out by a label and resolved", async () => {
  const { server, ameide } = await startAreas();
  const { prompt } = await ameide.prompt.createPrompt({ name: "triage", template: "{{text}}" });
  const promptId = prompt?.id ?? "";
  for (const notes of ["a", "b"]) {
    await ameide.prompt.createVersion({ promptId, template: "{{text}} now", notes });
  }
  await ameide.prompt.assignLabel({ promptId, label: "production", version: 2 });
  const { resolved } = await ameide.prompt.resolve({ name: "triage", surface: "slack" });
  expect(resolved?.version).toMatchObject({ version: 2, notes: "a", variables: ["text"] });
  const versions: number[] = [];
  const pages = paginate(ameide.prompt.listVersions, { promptId, pageSize: 2 });
  for await (const { version } of pages) {
    versions.push(version);
  }
  expect(versions).toEqual([3, 2, 1]);
  expect(server.calls()).toMatchObject({
    "ameide.prompts.v1.PromptService/CreatePrompt": 1,
    "ameide.prompts.v1.PromptService/ListVersions": 2,
  });
});
