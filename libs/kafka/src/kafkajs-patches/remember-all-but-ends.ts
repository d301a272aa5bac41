import { AnswerMemory } from './answer-memory.js';
import { amendOnce, type Cluster, clusterPrototype } from './kafkajs-internals.js';

/** The first offset of a compacted topic hardly ever changes: only when an operator deletes records of it. */
const BEGINNINGS_MS = 10_000;
/** How long leaders are remembered. After a leader has moved, its refusal leads to a new lookup. */
const PLACES_MS = 2_000;

const topics = new Set<string>();

/**
 * Makes kafkajs ask only for the end offsets of a topic. Its own lookup needs three requests: for the leaders
 * of the partitions (an admin client forgets them at once), for the ends and for the beginnings. A table asks
 * before each batch that is matched with it. So leaders are remembered for two seconds and beginnings for
 * ten.
 *
 * Upstream: no issue known; kafkajs has no cache for these answers.
 * Delete when an admin client keeps the metadata of topics, and asks for the end offsets alone.
 */
export function rememberAllButEnds(topic: string): void {
  topics.add(topic);
  amendOnce(clusterPrototype(), 'fetchTopicsOffset', (ask) => {
    const beginnings = new AnswerMemory(BEGINNINGS_MS);
    return function (this: Cluster, queries) {
      const [query, ...others] = queries;
      if (!query || others.length > 0 || !topics.has(query.topic)) return ask.call(this, queries);
      this.brokerPool.metadataMaxAge ||= PLACES_MS;
      if (!query.fromBeginning) {
        return ask.call(this, queries).catch((error: unknown) => {
          // A leader may have moved: the next lookup finds the new one.
          this.brokerPool.metadataExpireAt = null;
          throw error;
        });
      }
      const answer = beginnings.of(this, JSON.stringify(query), () => ask.call(this, queries));
      // Callers modify the answer, so each gets a copy.
      return answer.then((found) => structuredClone(found));
    };
  });
}
