import { call } from "@ameideio/ameide-sdk-ts";
import { SkillScope } from "@ameideio/ameide-sdk-ts/skills/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a skill goes from one tenant to another", async () => {
  const { server, ameide } = await startAreas();
  const { skill } = await ameide.skill.create({
    name: "pdf-forms",
    description: "Fills in PDF forms",
    scope: SkillScope.GLOBAL,
    content: { instructions: "List the fields first." },
  });
  const { bundle } = await ameide.skill.export({ skillId: skill?.id ?? "" });
  const place = { scope: SkillScope.PERSONAL, owner: "ada" };
  const elsewhere = call({ tenant: "other" });
  const { addedVersions } = await ameide.skill.import({ bundle, ...place }, elsewhere);
  expect(addedVersions).toBe(1);
  const { skills } = await ameide.skill.search({ query: "forms" }, elsewhere);
  expect(skills.map((found) => found.skill)).toMatchObject([{ name: "pdf-forms", ...place }]);
  expect(server.calls()["ameide.skills.v1.SkillService/Import"]).toBe(1);
});
