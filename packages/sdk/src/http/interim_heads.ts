// Those that servers send while they work come seconds apart.
const MOST_INTERIM_HEADS = 100;

const counts = new WeakMap<object, number>();

/**
 * Counts the heads (1xx) that come before an answer, which have no bound in HTTP: each
 * is an event, and a server that sends nothing else keeps the process.
 *
 * @param request - Or the stream of it.
 * @returns Why it is to end, where there were too many.
 */
export function countInterimHead(request: object): Error | undefined {
  const count = (counts.get(request) ?? 0) + 1;
  counts.set(request, count);
  return count === MOST_INTERIM_HEADS + 1
    ? new Error(`more than ${MOST_INTERIM_HEADS} heads (1xx) came before the answer`)
    : undefined;
}
