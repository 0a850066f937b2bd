import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import {
  CanonicalEntitySchema,
  EntityLinkSchema,
  MatchMethod,
  type CanonicalEntity,
  type EntityLink,
  type EntityRecord,
} from "@ameideio/core-proto/ameide/entities/v1";
import { Collection } from "./collection.js";
import { matchOf, refKey, type Match } from "./entity_match.js";
import type { Store } from "./store.js";

/** An entity that a record matches, by one of its records. */
export interface EntityMatch extends Match {
  entity: CanonicalEntity;
  record: EntityRecord;
}

/** Canonical entities of a tenant, with the records that are linked to them. */
export class EntityLinks {
  readonly entities: Collection<CanonicalEntity>;

  constructor(private readonly store: Store) {
    this.entities = new Collection(store, "entity");
  }

  /** Returns the link of a record, with its entity. */
  linkOf(record: EntityRecord): { entity: CanonicalEntity; link: EntityLink } | undefined {
    const key = refKey(record.ref);
    for (const entity of this.entities.all()) {
      const link = entity.links.find((each) => refKey(each.record?.ref) === key);
      if (link !== undefined) {
        return { entity, link };
      }
    }
    return undefined;
  }

  /** Finds the entity that a record matches best, of equals the oldest. */
  bestOf(record: EntityRecord, minConfidence: number): EntityMatch | undefined {
    let best: EntityMatch | undefined;
    for (const entity of this.entities.all()) {
      for (const { record: other } of entity.links) {
        const match = other && matchOf(record, other);
        if (match && match.confidence >= (best?.confidence ?? 0)) {
          best = match.confidence === best?.confidence ? best : { ...match, entity, record: other };
        }
      }
    }
    return best !== undefined && best.confidence >= minConfidence ? best : undefined;
  }

  /** Links a record that is not linked: as a match says, or to a new entity. */
  link(
    record: EntityRecord,
    match?: Pick<EntityMatch, "entity" | "confidence" | "method"> & { record?: EntityRecord },
  ): { entity: CanonicalEntity; link: EntityLink } {
    const linkedAt = this.store.timestamp();
    const link = create(EntityLinkSchema, {
      record,
      linkedAt,
      confidence: match?.confidence ?? 1,
      method: match?.method ?? MatchMethod.FIRST,
      ...(match?.record?.ref && { matched: match.record.ref }),
    });
    const entity =
      match?.entity ??
      create(CanonicalEntitySchema, {
        id: randomUUID(),
        entityType: record.ref?.entityType ?? "",
        createdAt: linkedAt,
      });
    return { entity: this.settle(entity, [...entity.links, link]), link };
  }

  /** Puts other links to an entity. Without any it is gone. */
  settle(entity: CanonicalEntity, links: EntityLink[]): CanonicalEntity {
    const records = links.flatMap(({ record }) => record ?? []);
    const changed = create(CanonicalEntitySchema, {
      id: entity.id,
      entityType: entity.entityType,
      displayName: records.find(({ displayName }) => displayName !== "")?.displayName ?? "",
      attributes: Object.assign({}, ...records.toReversed().map(({ attributes }) => attributes)),
      links,
      updatedAt: this.store.timestamp(),
      ...(entity.createdAt && { createdAt: entity.createdAt }),
    });
    if (links.length === 0) {
      this.entities.delete(entity.id);
      return changed;
    }
    return this.entities.set(entity.id, changed);
  }
}
