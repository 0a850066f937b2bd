// Chains may lead back, and bounds end those that never do.
const MOST = 32;

/**
 * What was thrown and all that is behind it, each once: of several at once (the
 * addresses of a name) each, and causes.
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

/** The errors that one stands for. */
export function severalIn(error: Error): readonly unknown[] {
  const { errors } = error as { readonly errors?: unknown };
  return Array.isArray(errors) ? errors : [];
}
