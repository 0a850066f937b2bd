// Chains of causes may loop, or never end.
const MOST = 32;

/**
 * Lists a thrown value with all values behind it, each once: its causes, and the members of an
 * AggregateError (one for each address of a name).
 */
export function causesOf(thrown: unknown): readonly unknown[] {
  const found = new Set<unknown>();
  const visit = (each: unknown) => {
    if (found.size === MOST || found.has(each)) {
      return;
    }
    found.add(each);
    if (each instanceof Error) {
      severalIn(each).slice(0, MOST).forEach(visit);
      visit(each.cause);
    }
  };
  visit(thrown);
  return [...found];
}

/** Returns the errors that an AggregateError stands for. */
export function severalIn(error: Error): readonly unknown[] {
  const { errors } = error as { readonly errors?: unknown };
  return Array.isArray(errors) ? errors : [];
}
