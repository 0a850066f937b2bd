import { create, equals } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  ConflictMode,
  SkillContentSchema,
  SkillSchema,
  SkillScope,
  SkillVersionSchema,
  type Skill,
  type SkillContent,
  type SkillService,
  type SkillVersion,
} from "@ameideio/core-proto/ameide/skills/v1";
import { personOf, type Call } from "./call.js";
import { alreadyExists, Collection } from "./collection.js";
import { notFound, Problem } from "./errors.js";
import { numberKey } from "./pages.js";
import { Resources } from "./resources.js";
import type { Methods } from "./service.js";
import { bundleOf, demandDigest } from "./skill_bundle.js";
import type { Store } from "./store.js";
import { scoreOf, wordsOf } from "./words.js";

// Above every score.
const MAX_SCORE = 1e9;

interface Skills {
  readonly skills: Resources<Skill>;
  /** By the id of their skill. */
  readonly versions: Map<string, Collection<SkillVersion>>;
}

const makeSkills = (store: Store): Skills => ({
  skills: new Resources(store, SkillSchema, "skill", {
    writable: ["name", "description", "tags"],
    required: ["name", "description"],
    unique: nameKey,
  }),
  versions: new Map(),
});

/** SkillService. */
export function skills(store: Store): Methods<typeof SkillService> {
  const of = (tenant: string) => store.state(tenant, makeSkills);

  const find = (call: Call, id: string): Skill => {
    const skill = of(call.tenant).skills.get(id);
    if (!isVisible(call, skill)) {
      throw notFound("skill", id);
    }
    return skill;
  };

  const versionsOf = (call: Call, id: string): Collection<SkillVersion> => {
    const { versions } = of(call.tenant);
    const known = versions.get(id) ?? new Collection<SkillVersion>(store, "version");
    versions.set(id, known);
    return known;
  };

  const addVersion = (call: Call, skillId: string, content: SkillContent | undefined) => {
    const { skills: all } = of(call.tenant);
    const { latestVersion } = all.get(skillId);
    const version = create(SkillVersionSchema, {
      skillId,
      version: latestVersion + 1,
      createdAt: store.timestamp(),
      ...(content && { content }),
    });
    versionsOf(call, skillId).add(String(version.version), version);
    return { skill: all.patch(skillId, { latestVersion: version.version }), version };
  };

  const contentsOf = (call: Call, id: string) =>
    versionsOf(call, id)
      .all()
      .flatMap(({ content }) => content ?? []);

  return {
    create({ name, description, scope, owner, tags, content }, call) {
      demandOwner(call, scope, owner);
      const { id } = of(call.tenant).skills.create({ name, description, scope, owner, tags });
      return addVersion(call, id, content);
    },

    get: ({ skillId }, call) => ({ skill: find(call, skillId) }),

    update({ skill, updateMask }, call) {
      find(call, skill?.id ?? "");
      return { skill: of(call.tenant).skills.update(skill, updateMask) };
    },

    delete({ skillId }, call) {
      const { skills: all, versions } = of(call.tenant);
      const skill = all.find(skillId);
      if (skill !== undefined && isVisible(call, skill)) {
        all.delete(skillId);
        versions.delete(skillId);
      }
      return {};
    },

    list(request, call) {
      const { scope, owner } = request;
      const { items, nextPageToken } = of(call.tenant).skills.page(call, request, {
        where: (each) =>
          isVisible(call, each) && isOf(each, scope) && (owner === "" || owner === each.owner),
      });
      return { skills: items, nextPageToken };
    },

    createVersion({ skillId, content }, call) {
      find(call, skillId);
      return { version: addVersion(call, skillId, content).version };
    },

    getVersion({ skillId, version }, call) {
      const { latestVersion } = find(call, skillId);
      return { version: versionsOf(call, skillId).get(String(version || latestVersion)) };
    },

    listVersions(request, call) {
      find(call, request.skillId);
      const { items, nextPageToken } = versionsOf(call, request.skillId).page(call, request);
      return { versions: items, nextPageToken };
    },

    search(request, call) {
      const words = wordsOf(request.query);
      const score = ({ name, tags, description }: Skill) =>
        3 * scoreOf(words, name) + 2 * scoreOf(words, tags.join(" ")) + scoreOf(words, description);
      const { items, nextPageToken } = of(call.tenant).skills.page(call, request, {
        where: (each) => isVisible(call, each) && isOf(each, request.scope) && score(each) > 0,
        key: (each) => {
          const farness = SkillScope.PERSONAL - each.scope;
          return `${numberKey(MAX_SCORE - score(each))}${farness}${each.name}/${each.id}`;
        },
        direction: "ascending",
      });
      return { skills: items.map((skill) => ({ skill, score: score(skill) })), nextPageToken };
    },

    import({ bundle, scope, owner, onConflict }, call) {
      demandOwner(call, scope, owner);
      const { name, description, tags, versions } = bundle ?? bundleOf(create(SkillSchema), []);
      if (bundle !== undefined) {
        demandDigest(bundle);
      }
      const { skills: all } = of(call.tenant);
      const wanted = nameKey({ name, scope, owner });
      const known = all.all().find((each) => nameKey(each) === wanted);
      if (known !== undefined && onConflict !== ConflictMode.MERGE) {
        throw alreadyExists("skill", name);
      }
      let skill = known ?? all.create({ name, description, scope, owner, tags });
      const before = contentsOf(call, skill.id);
      const added = versions.filter(
        (content) => !before.some((each) => equals(SkillContentSchema, each, content)),
      );
      for (const content of added) {
        ({ skill } = addVersion(call, skill.id, content));
      }
      return { skill, addedVersions: added.length };
    },

    export({ skillId }, call) {
      return { bundle: bundleOf(find(call, skillId), contentsOf(call, skillId)) };
    },
  };
}

function nameKey({ name, scope, owner }: Pick<Skill, "name" | "scope" | "owner">): string {
  return [scope, owner, name].join("/");
}

function isOf({ scope }: Skill, wanted: SkillScope): boolean {
  return wanted === SkillScope.UNSPECIFIED || wanted === scope;
}

function isVisible(call: Call, { scope, owner }: Skill): boolean {
  const person = personOf(call);
  return scope !== SkillScope.PERSONAL || person === undefined || person === owner;
}

function demandOwner(call: Call, scope: SkillScope, owner: string): void {
  const person = personOf(call);
  if (scope === SkillScope.PERSONAL && person !== undefined && person !== owner) {
    throw new Problem(
      Code.PermissionDenied,
      "OWNER_MISMATCH",
      "a person has personal skills for themselves only",
    );
  }
}
