import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  EntityRecordSchema,
  MatchMethod,
  type CanonicalEntity,
  type EntityRecord,
  type EntityService,
} from "@ameideio/core-proto/ameide/entities/v1";
import { correlationGraph } from "./correlation_graph.js";
import { EntityLinks } from "./entity_links.js";
import { refKey } from "./entity_match.js";
import { precondition, Problem } from "./errors.js";
import { numberKey } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";
import { scoreOf, wordsOf } from "./words.js";

const SAME = 0.8;
// Above every score.
const MAX_SCORE = 1e9;

const makeLinks = (store: Store) => new EntityLinks(store);

/** EntityService. */
export function entities(store: Store): Methods<typeof EntityService> {
  const of = (tenant: string) => store.state(tenant, makeLinks);
  return {
    resolve({ record = create(EntityRecordSchema), minConfidence }, call) {
      const links = of(call.tenant);
      const linked = links.linkOf(record);
      if (linked !== undefined) {
        const { confidence } = linked.link;
        return { entity: linked.entity, confidence, method: MatchMethod.LINK };
      }
      const best = links.bestOf(record, minConfidence ?? SAME);
      if (best === undefined) {
        throw noMatch(record);
      }
      const { entity, confidence, method } = best;
      return { entity, confidence, method };
    },

    getCanonical: ({ entityId }, call) => ({ entity: of(call.tenant).entities.get(entityId) }),

    search(request, call) {
      const { entityType, system } = request;
      const words = wordsOf(request.query);
      const score = ({ displayName, attributes }: CanonicalEntity) =>
        2 * scoreOf(words, displayName) + scoreOf(words, Object.values(attributes).join(" "));
      const { items, nextPageToken } = of(call.tenant).entities.page(call, request, {
        where: (each) =>
          score(each) > 0 &&
          (entityType === "" || entityType === each.entityType) &&
          (system === "" || each.links.some(({ record }) => record?.ref?.system === system)),
        key: (each) => numberKey(MAX_SCORE - score(each)) + each.id,
        direction: "ascending",
      });
      return { entities: items.map((entity) => ({ entity, score: score(entity) })), nextPageToken };
    },

    correlate({ records, minConfidence }, call) {
      const links = of(call.tenant);
      return {
        records: records.map((record) => {
          const known = links.linkOf(record);
          const { entity, link } =
            known ?? links.link(record, links.bestOf(record, minConfidence ?? SAME));
          return { entityId: entity.id, link, alreadyLinked: known !== undefined };
        }),
      };
    },

    linkEntity({ record = create(EntityRecordSchema), entityId, confidence = 1 }, call) {
      const links = of(call.tenant);
      const known = links.linkOf(record);
      if (known !== undefined) {
        if (entityId !== "" && entityId !== known.entity.id) {
          throw new Problem(
            Code.FailedPrecondition,
            "ALREADY_LINKED",
            "the record is linked to another entity",
            { metadata: { entity_id: known.entity.id } },
          );
        }
        const changed = { ...known.link, record, confidence };
        const others = known.entity.links.map((each) => (each === known.link ? changed : each));
        return { entity: links.settle(known.entity, others) };
      }
      if (entityId === "") {
        return { entity: links.link(record).entity };
      }
      const entity = links.entities.get(entityId);
      if (entity.entityType !== record.ref?.entityType) {
        throw precondition("TYPE_MISMATCH", `the entity is a ${entity.entityType}`);
      }
      const [first] = entity.links;
      const manual = { entity, confidence, method: MatchMethod.MANUAL };
      return {
        entity: links.link(record, { ...manual, ...(first?.record && { record: first.record }) })
          .entity,
      };
    },

    unlinkEntity({ ref }, call) {
      const links = of(call.tenant);
      const key = refKey(ref);
      const isIt = ({ record }: CanonicalEntity["links"][number]) => refKey(record?.ref) === key;
      const entity = links.entities.all().find((each) => each.links.some(isIt));
      if (entity === undefined) {
        return {};
      }
      const left = entity.links.filter((each) => !isIt(each));
      const changed = links.settle(entity, left);
      return left.length === 0 ? {} : { entity: changed };
    },

    getCorrelationGraph(request, call) {
      const links = of(call.tenant);
      return correlationGraph(links.entities.get(request.entityId), links.entities.all(), request);
    },
  };
}

function noMatch({ ref }: EntityRecord): Problem {
  return new Problem(Code.NotFound, "ENTITY_NOT_FOUND", "no entity matches the record", {
    metadata: {
      system: ref?.system ?? "",
      entity_type: ref?.entityType ?? "",
      external_id: ref?.externalId ?? "",
    },
  });
}
