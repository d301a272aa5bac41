import { TopicReading } from './topic-reading.js';

const REPORTS = 'webhook.fan-outs';

/** How many missing items are listed one by one. */
export const NAMED_AT_MOST = 10;

/** The first few items, one on each line, and the number of the others. */
export function firstFew(lines: readonly string[], of = lines.length): string[] {
  const named = lines.slice(0, NAMED_AT_MOST);
  return of > named.length ? [...named, `and ${of - named.length} more`] : named;
}

/**
 * The last record about each of these names (for example ids): the youngest committed record of any topic
 * that has the name in its key or value, as `TOPIC/PARTITION at offset N of TIME`. Reads all topics.
 */
export async function lastToldOf(brokers: string[], names: readonly string[]): Promise<Map<string, string>> {
  const youngest = new Map<string, { readonly at: number; readonly place: string }>();
  if (names.length === 0) return new Map();
  const reading = await TopicReading.start(brokers, ({ topic, partition, offset, at, key, value }) => {
    for (const name of names) {
      if (!value?.includes(name) && !key?.includes(name)) continue;
      const known = youngest.get(name);
      // A report of the fan-out is as young as its deliveries, and says less.
      if (known && (at < known.at || topic === REPORTS)) continue;
      const place = `${topic}/${partition} at offset ${offset} of ${new Date(at).toISOString()}`;
      youngest.set(name, { at, place });
    }
  });
  try {
    await reading.reachEnds();
  } finally {
    await reading.stop();
  }
  return new Map([...youngest].map(([name, { place }]) => [name, place]));
}

/** The last record about something, in words. */
export function toldLast(place: string | undefined): string {
  return place === undefined ? 'no topic tells of it' : `last told of by ${place}`;
}
