const FEW = 16;

/**
 * Headers of a call, by lower-case names. A list rather than `Headers`: few stand
 * in it, it is made for each call, and nobody but the SDK sees it.
 */
export class CallHeaders {
  // Names and values in turn.
  private readonly list: string[] = [];
  // Where they stand, of more than are found soon.
  private places: Map<string, number> | undefined;

  get(name: string): string | undefined {
    const at = this.find(name);
    return at === -1 ? undefined : this.list[at + 1];
  }

  set(name: string, value: string): void {
    const at = this.find(name);
    if (at === -1) {
      this.places?.set(name, this.list.length);
      this.list.push(name, value);
    } else {
      this.list[at + 1] = value;
    }
  }

  /** Sets all of them. */
  writeTo(headers: Headers): void {
    const { list } = this;
    for (let at = 0; at < list.length; at += 2) {
      headers.set(list[at] as string, list[at + 1] as string);
    }
  }

  private find(name: string): number {
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
