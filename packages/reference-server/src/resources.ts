import { randomUUID } from "node:crypto";
import { clone, create, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import type { FieldMask, Timestamp } from "@bufbuild/protobuf/wkt";
import { alreadyExists, Collection } from "./collection.js";
import { update } from "./field_mask.js";
import type { Store } from "./store.js";

/** Resource as most services have it. */
type Resource = Message & {
  id: string;
  createdAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
};

/** What holds for resources of one kind. */
export interface ResourceRules<T> {
  /** Names of the fields that an update may change, those of the proto. */
  writable?: readonly string[];
  /** Those of them that may not become empty. Default none. */
  required?: readonly string[];
  /** What no two of them have alike, besides their id. */
  unique?: (item: T) => string;
}

/** Resources of a tenant by id, each with its times. An update replaces one. */
export class Resources<T extends Resource> extends Collection<T> {
  /** Ids by what no two resources have alike. */
  private readonly ids = new Map<string, string>();

  constructor(
    private readonly of: Store,
    private readonly desc: GenMessage<T>,
    private readonly kind: string,
    private readonly rules: ResourceRules<T> = {},
  ) {
    super(of, kind);
  }

  /**
   * Creates a resource. Id and times are set, unless it has them.
   *
   * @throws Problem `already_exists`
   */
  create(init: MessageInitShape<GenMessage<T>>): T {
    const item = this.make(init);
    this.demandUnique(item);
    return this.add(item.id, item);
  }

  /**
   * Creates a resource like {@link create}, but where several change at once, and only all of them
   * together are unique: the caller has made sure of that.
   *
   * @throws Problem `already_exists` for its id.
   */
  createAmong(init: MessageInitShape<GenMessage<T>>): T {
    const item = this.make(init);
    return this.add(item.id, item);
  }

  /**
   * Updates a resource (AIP-134), which is named by the patch's id.
   *
   * @throws Problem `not_found`, `invalid_argument` for a wrong mask, `already_exists`
   */
  update(patch: T | undefined, mask: FieldMask | undefined): T {
    const changed: T = clone<GenMessage<T>>(this.desc, this.get(patch?.id ?? ""));
    const { writable = [], required = [] } = this.rules;
    update(this.desc, changed, { patch: patch ?? create(this.desc), mask, writable, required });
    this.demandUnique(changed);
    return this.replace(changed);
  }

  override set(id: string, item: T): T {
    this.release(id);
    const key = this.rules.unique?.(item);
    if (key !== undefined) {
      this.ids.set(key, id);
    }
    return super.set(id, item);
  }

  override delete(id: string): T | undefined {
    this.release(id);
    return super.delete(id);
  }

  /** Puts a changed copy in the place of a resource, with the time of now. */
  replace(changed: T): T {
    if ("updatedAt" in this.desc.field) {
      changed.updatedAt = this.of.timestamp();
    }
    return this.set(changed.id, changed);
  }

  /** Changes some fields of a resource by a copy that is put in its place. */
  patch(id: string, fields: Partial<T>): T {
    return this.replace(Object.assign(clone<GenMessage<T>>(this.desc, this.get(id)), fields));
  }

  private make(init: MessageInitShape<GenMessage<T>>): T {
    const item: T = create<GenMessage<T>>(this.desc, init);
    item.id ||= randomUUID();
    item.createdAt ??= this.of.timestamp();
    if ("updatedAt" in this.desc.field) {
      item.updatedAt ??= item.createdAt;
    }
    return item;
  }

  private demandUnique(item: T): void {
    const key = this.rules.unique?.(item);
    const holder = key === undefined ? undefined : this.ids.get(key);
    if (key !== undefined && holder !== undefined && holder !== item.id) {
      throw alreadyExists(this.kind, key);
    }
  }

  private release(id: string): void {
    const item = this.find(id);
    const key = item && this.rules.unique?.(item);
    if (key !== undefined && this.ids.get(key) === id) {
      this.ids.delete(key);
    }
  }
}
