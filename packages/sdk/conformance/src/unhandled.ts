/** What ends a process, or is told on its standard error, while a case runs. */
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

/** Counts until it is asked for the count; several cases at once cannot be told apart. */
export function watchTrouble(): { counted(): Promise<Trouble> } {
  const trouble: Trouble = { unhandled: 0, warnings: 0 };
  running.add(trouble);
  return {
    async counted() {
      // Both are told a turn of the event loop later.
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(trouble);
      return trouble;
    },
  };
}
