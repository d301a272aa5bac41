/** How many pieces of work wait for an endpoint. */
export interface QueueLength {
  readonly endpointId: string;
  readonly waiting: number;
}

/** The longest queues that are not empty: at most `count`, longest first. */
export function longestOf(queues: Iterable<QueueLength>, count: number): QueueLength[] {
  const longest: QueueLength[] = [];
  for (const { endpointId, waiting } of queues) {
    if (waiting === 0 || (longest.length === count && waiting <= (longest.at(-1)?.waiting ?? 0))) continue;
    longest.push({ endpointId, waiting });
    longest.sort((a, b) => b.waiting - a.waiting);
    if (longest.length > count) longest.pop();
  }
  return longest;
}
