const FEW = 16;

/**
 * Headers of a call, by lower-case names. A list instead of `Headers`: it holds few, is created for
 * each call, and stays inside the SDK.
 */
export class FieldList {
  // Names and values, alternating.
  protected readonly list: string[] = [];
  // Index of each name, once there are too many to search.
  protected places: Map<string, number> | undefined;

  get(name: string): string | null {
    const at = this.find(name);
    return at === -1 ? null : (this.list[at + 1] as string);
  }

  set(name: string, value: string): void {
    const at = this.find(name);
    if (at === -1) {
      this.add(name, value);
    } else {
      this.list[at + 1] = value;
    }
  }

  /** Calls back for each header, as `Headers.forEach` does. */
  forEach(each: (value: string, name: string) => void): void {
    const { list } = this;
    for (let at = 0; at < list.length; at += 2) {
      each(list[at + 1] as string, list[at] as string);
    }
  }

  protected add(name: string, value: string): void {
    this.places?.set(name, this.list.length);
    this.list.push(name, value);
  }

  protected find(name: string): number {
    const { list } = this;
    if (list.length > 2 * FEW) {
      this.places ??= new Map(list.flatMap((each, at) => (at % 2 === 0 ? [[each, at]] : [])));
      return this.places.get(name) ?? -1;
    }
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] === name) {
        return at;
      }
    }
    return -1;
  }
}
