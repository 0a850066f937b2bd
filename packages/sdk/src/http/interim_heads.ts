// Servers that send some while they work send them seconds apart.
const MOST_INTERIM_HEADS = 100;

const counts = new WeakMap<object, number>();

/**
 * Counts the heads (1xx) before an answer, which HTTP does not bound: each is an event, and a
 * server that sends nothing else would keep the process busy.
 *
 * @param request - The request, or its stream.
 * @returns Error to end it with, if there were too many.
 */
export function countInterimHead(request: object): Error | undefined {
  const count = (counts.get(request) ?? 0) + 1;
  counts.set(request, count);
  return count === MOST_INTERIM_HEADS + 1
    ? new Error(`more than ${MOST_INTERIM_HEADS} heads (1xx) came before the answer`)
    : undefined;
}
