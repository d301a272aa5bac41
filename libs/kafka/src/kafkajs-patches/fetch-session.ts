import type { WantedTopic } from './kafkajs-fetch-types.js';

/** The number of the first request of a session. */
const FIRST_EPOCH = 0;
/** After the last number comes one. */
const LAST_EPOCH = 2 ** 31 - 1;

/** What a request says of its session (KIP-227). */
export interface SessionRequest {
  /** Zero for none yet. */
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** The partitions that the broker does not know to be read from these offsets on. */
  readonly topics: readonly WantedTopic[];
  /** Those that are not read any more. */
  readonly forgottenTopics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

/**
 * What a broker knows of one reader (KIP-227): which partitions it reads, and from which offsets on. So a request names only
 * what has changed, and an answer only the partitions of which there is something to say. A reader asks for one answer
 * after the other, and for as many bytes of a partition each time.
 *
 * Without an answer it is not known how far the broker came. The next request then names everything and begins a new
 * session in place of the former one.
 */
export class FetchSession {
  private id = 0;
  /** The number of the next request. */
  private epoch = FIRST_EPOCH;
  /** The number of the last one. */
  private asked = FIRST_EPOCH;
  /** The offsets that the broker knows, by topic and partition. */
  private known = new Map<string, Map<number, string>>();

  /** The next request for partitions. Until it is answered, the session counts as lost. */
  request(wanted: readonly WantedTopic[]): SessionRequest {
    const { known, epoch } = this;
    const session = { sessionId: this.id, sessionEpoch: epoch };
    this.known = offsetsOf(wanted);
    this.asked = epoch;
    this.epoch = FIRST_EPOCH;
    if (epoch === FIRST_EPOCH) return { ...session, topics: wanted, forgottenTopics: [] };
    return { ...session, topics: changed(wanted, known), forgottenTopics: forgotten(this.known, known) };
  }

  /**
   * The broker has taken the last request.
   * @param id of the session, as it answered it; zero if it keeps none.
   */
  answered(id: number): void {
    this.id = id;
    if (id !== 0) this.epoch = this.asked === LAST_EPOCH ? 1 : this.asked + 1;
  }
}

function offsetsOf(wanted: readonly WantedTopic[]): Map<string, Map<number, string>> {
  return new Map(
    wanted.map(({ topic, partitions }) => [
      topic,
      new Map(partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset])),
    ]),
  );
}

function changed(
  wanted: readonly WantedTopic[],
  known: ReadonlyMap<string, ReadonlyMap<number, string>>,
): WantedTopic[] {
  const topics: WantedTopic[] = [];
  for (const { topic, partitions } of wanted) {
    const offsets = known.get(topic);
    const others = partitions.filter(({ partition, fetchOffset }) => offsets?.get(partition) !== fetchOffset);
    if (others.length > 0) topics.push({ topic, partitions: others });
  }
  return topics;
}

function forgotten(
  wanted: ReadonlyMap<string, ReadonlyMap<number, string>>,
  known: ReadonlyMap<string, ReadonlyMap<number, string>>,
): SessionRequest['forgottenTopics'] {
  const topics: { topic: string; partitions: number[] }[] = [];
  for (const [topic, offsets] of known) {
    const still = wanted.get(topic);
    const partitions = [...offsets.keys()].filter((partition) => !still?.has(partition));
    if (partitions.length > 0) topics.push({ topic, partitions });
  }
  return topics;
}
