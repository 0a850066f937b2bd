import { Code } from "@connectrpc/connect";
import { TokenType } from "@ameideio/core-proto/ameide/identity/v1";
import { ConflictMode, SkillScope, SkillService } from "@ameideio/core-proto/ameide/skills/v1";
import { expect, test } from "vitest";
import { agentTokenOf, failure, start } from "./harness/harness.js";

const { GLOBAL, PERSONAL, WORKSPACE } = SkillScope;
const content = { instructions: "List the fields first." };
const forms = { name: "pdf-forms", description: "Fills in PDF forms", scope: GLOBAL, content };

async function startSkills() {
  const tokens = ["ada", "bob"].map((subject) => ({
    token: subject,
    claims: { tokenType: TokenType.USER, subject, scopes: ["skills.read", "skills.write"] },
  }));
  let now = 0;
  const { client } = await start({ now: () => (now += 1_000), tokens });
  const skills = client(SkillService);
  const add = async (more: object) => (await skills.create({ ...forms, ...more })).skill?.id ?? "";
  return { client, skills, add };
}

test("a name is taken once in each scope of an owner", async () => {
  const { client, skills, add } = await startSkills();
  await add({});
  await add({ scope: WORKSPACE, owner: "sales" });
  const other = await add({ scope: WORKSPACE, owner: "legal" });
  expect(await failure(add({}))).toMatchObject({
    code: Code.AlreadyExists,
    reason: "SKILL_EXISTS",
  });
  for (const wrong of [{ scope: WORKSPACE }, { owner: "sales" }]) {
    expect(await failure(add(wrong))).toMatchObject({ fieldReasons: ["OWNER_WITH_SCOPE"] });
  }
  const owners = async (more: object) => (await skills.list(more)).skills.map(({ owner }) => owner);
  expect(await owners({})).toEqual(["legal", "sales", ""]);
  expect(await owners({ scope: WORKSPACE, owner: "sales" })).toEqual(["sales"]);
  expect((await client(SkillService, { tenant: "other" }).list({})).skills).toEqual([]);
  await skills.delete({ skillId: other });
  await skills.delete({ skillId: other });
  expect(await failure(skills.listVersions({ skillId: other }))).toMatchObject({
    reason: "SKILL_NOT_FOUND",
  });
});

test.each([
  ["people", (_: unknown, person: string) => person],
  ["their agents", agentTokenOf],
] as const)("a personal skill is its owner's alone, where %s call", async (_, tokenOf) => {
  const { client, skills, add } = await startSkills();
  const ada = client(SkillService, { token: await tokenOf(client, "ada") });
  const bob = client(SkillService, { token: await tokenOf(client, "bob") });
  const skillId = await add({ scope: PERSONAL, owner: "ada" });
  expect((await ada.list({})).skills).toHaveLength(1);
  expect((await bob.list({})).skills).toEqual([]);
  expect((await bob.search({ query: "pdf" })).skills).toEqual([]);
  await bob.delete({ skillId });
  for (const call of [
    () => bob.get({ skillId }),
    () => bob.export({ skillId }),
    () => bob.getVersion({ skillId }),
    () => bob.update({ skill: { id: skillId, description: "mine" } }),
    () => bob.createVersion({ skillId, content }),
  ]) {
    expect(await failure(call())).toMatchObject({ code: Code.NotFound, reason: "SKILL_NOT_FOUND" });
  }
  expect(await failure(bob.create({ ...forms, scope: PERSONAL, owner: "ada" }))).toMatchObject({
    code: Code.PermissionDenied,
    reason: "OWNER_MISMATCH",
  });
  expect((await skills.get({ skillId })).skill).toMatchObject({ latestVersion: 1, owner: "ada" });
});

test("an update leaves versions and owner as they are", async () => {
  const { skills, add } = await startSkills();
  const skillId = await add({ tags: ["pdf"] });
  await add({ name: "taken" });
  const update = (init: object, ...paths: string[]) =>
    skills.update({ skill: { id: skillId, ...init }, updateMask: { paths } });
  const { skill } = await update({ description: "Fills forms", tags: [] }, "description", "tags");
  expect(skill).toMatchObject({ name: "pdf-forms", description: "Fills forms", tags: [] });
  expect(skill?.updatedAt).not.toEqual(skill?.createdAt);
  expect(await failure(update({ owner: "x" }, "owner"))).toMatchObject({
    reason: "IMMUTABLE_FIELD",
  });
  expect(await failure(update({}, "name"))).toMatchObject({ fields: ["name"] });
  expect(await failure(update({ name: "taken" }, "name"))).toMatchObject({
    reason: "SKILL_EXISTS",
  });
  await update({ name: "renamed" }, "name");
  expect(await failure(add({ name: "renamed" }))).toMatchObject({ reason: "SKILL_EXISTS" });
  expect(await add({})).not.toBe("");
});

test("versions are numbered, kept and paged", async () => {
  const { skills, add } = await startSkills();
  const skillId = await add({});
  for (const instructions of ["two", "three"]) {
    await skills.createVersion({ skillId, content: { instructions } });
  }
  const read = async (version: number) =>
    (await skills.getVersion({ skillId, version })).version?.content?.instructions;
  expect([await read(0), await read(2), await read(1)]).toEqual([
    "three",
    "two",
    "List the fields first.",
  ]);
  const first = await skills.listVersions({ skillId, pageSize: 2 });
  expect(first.versions.map(({ version }) => version)).toEqual([3, 2]);
  const rest = await skills.listVersions({ skillId, pageToken: first.nextPageToken });
  expect(rest.versions.map(({ version }) => version)).toEqual([1]);
  expect(rest.nextPageToken).toBe("");
  expect(await failure(read(4))).toMatchObject({ reason: "VERSION_NOT_FOUND" });
});

test.each(["/etc/passwd", "../up", "a//b", "a/./b", "a\\b", "a/..", ""])(
  "a file cannot have the path %j",
  async (path) => {
    const { add } = await startSkills();
    const call = add({ content: { ...content, files: [{ path }] } });
    expect(await failure(call)).toMatchObject({ fields: ["content.files[0].path"] });
  },
);

test("files keep unusual names, each once", async () => {
  const { add } = await startSkills();
  const files = (...paths: string[]) => ({
    content: { ...content, files: paths.map((path) => ({ path })) },
  });
  await add(files("...", ".env", "a/..b/c", "ä b.txt"));
  expect(await failure(add(files("a", "a")))).toMatchObject({
    fieldReasons: ["FILES_HAVE_OWN_PATHS"],
  });
});

test("a search counts words, and prefers what is for the fewest", async () => {
  const { skills, add } = await startSkills();
  await add({ name: "mail", description: "Sends a form by mail" });
  await add({ scope: GLOBAL });
  await add({ scope: PERSONAL, owner: "ada" });
  await add({ scope: WORKSPACE, owner: "sales" });
  await add({ name: "tagged", description: "x", tags: ["forms"] });
  const { skills: found } = await skills.search({ query: "FORMS mail" });
  expect(found.map(({ skill, score }) => [skill?.name, skill?.scope, score])).toEqual([
    ["pdf-forms", PERSONAL, 4],
    ["pdf-forms", WORKSPACE, 4],
    ["mail", GLOBAL, 4],
    ["pdf-forms", GLOBAL, 4],
    ["tagged", GLOBAL, 2],
  ]);
  expect((await skills.search({ query: "forms", scope: WORKSPACE })).skills).toHaveLength(1);
});

test("what is exported is imported as it was, under another owner and in another tenant", async () => {
  const { client, skills, add } = await startSkills();
  const files = [{ path: "a.bin", content: new Uint8Array([0, 255]) }];
  const skillId = await add({ tags: ["pdf"], content: { ...content, files } });
  await skills.createVersion({ skillId, content: { instructions: "two", notes: "shorter" } });
  const { bundle } = await skills.export({ skillId });
  for (const to of [skills, client(SkillService, { tenant: "other" })]) {
    const place = { scope: WORKSPACE, owner: "sales" };
    const { skill, addedVersions } = await to.import({ bundle, ...place });
    expect([skill?.latestVersion, addedVersions]).toEqual([2, 2]);
    expect(skill).toMatchObject({ ...place, name: "pdf-forms", tags: ["pdf"] });
    expect((await to.export({ skillId: skill?.id ?? "" })).bundle).toEqual(bundle);
  }
  expect(bundle?.digest).toMatch(/^[0-9a-f]{64}$/);
});

test("a bundle is merged by what is new in it, and refused where its digest is wrong", async () => {
  const { skills, add } = await startSkills();
  const skillId = await add({});
  const { bundle } = await skills.export({ skillId });
  await skills.createVersion({ skillId, content: { instructions: "two" } });
  const newer = (await skills.export({ skillId })).bundle;
  await skills.delete({ skillId });
  const put = (init: typeof bundle, onConflict?: ConflictMode) =>
    skills.import({ bundle: init, scope: GLOBAL, ...(onConflict && { onConflict }) });
  await put(bundle);
  expect(await failure(put(newer))).toMatchObject({ reason: "SKILL_EXISTS" });
  expect(await put(newer, ConflictMode.MERGE)).toMatchObject({
    skill: { latestVersion: 2 },
    addedVersions: 1,
  });
  expect(await put(newer, ConflictMode.MERGE)).toMatchObject({ addedVersions: 0 });
  const changed = newer && { ...newer, description: "something else" };
  expect(await failure(put(changed, ConflictMode.MERGE))).toMatchObject({
    code: Code.InvalidArgument,
    reason: "DIGEST_MISMATCH",
    fields: ["bundle.digest"],
  });
});

test("a creation repeated with its key makes one skill", async () => {
  const { client } = await startSkills();
  const keyed = client(SkillService, { headers: { "idempotency-key": "k" } });
  const ids = [await keyed.create(forms), await keyed.create(forms)].map(({ skill }) => skill?.id);
  expect(new Set(ids).size).toBe(1);
});
