/** Events during a case that end a process, or are reported on its standard error. */
export interface Trouble {
  unhandled: number;
  warnings: number;
}

const running = new Set<Trouble>();

function each(note: (trouble: Trouble) => void): () => void {
  return () => running.forEach(note);
}

process.on(
  "unhandledRejection",
  each((trouble) => trouble.unhandled++),
);
process.on(
  "uncaughtException",
  each((trouble) => trouble.unhandled++),
);
process.on(
  "warning",
  each((trouble) => trouble.warnings++),
);

/** Counts until the count is asked for; simultaneous cases cannot be told apart. */
export function watchTrouble(): { counted(): Promise<Trouble> } {
  const trouble: Trouble = { unhandled: 0, warnings: 0 };
  running.add(trouble);
  return {
    async counted() {
      // Both are reported a turn of the event loop later.
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(trouble);
      return trouble;
    },
  };
}
