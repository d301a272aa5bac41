import { AnswerMemory } from './answer-memory.js';
import { amendOnce, type Cluster, clusterPrototype } from './kafkajs-internals.js';

/** Where a compacted topic begins hardly ever changes: only when an operator deletes records of it. */
const BEGINNINGS_MS = 10_000;
/** After a leader has moved, its former place is asked for so long, and asked again when it refuses. */
const PLACES_MS = 2_000;

const topics = new Set<string>();

/**
 * Makes kafkajs ask for the ends of a topic alone. Its question for them is three: where the partitions are, for an admin
 * client keeps that for no time at all, then where they end, then where they begin. A table asks before each batch that
 * is matched against it; places are remembered for two seconds, beginnings for ten.
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
          // A leader may have moved: the next question looks for it.
          this.brokerPool.metadataExpireAt = null;
          throw error;
        });
      }
      const answer = beginnings.of(this, JSON.stringify(query), () => ask.call(this, queries));
      // Whoever asked takes the answer apart, so each gets a copy.
      return answer.then((found) => structuredClone(found));
    };
  });
}
