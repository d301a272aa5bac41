import { type Cluster, clusterPrototype } from './kafkajs-cluster.js';

interface Remembered {
  readonly answer: Promise<unknown>;
  readonly at: number;
}

/** Where a compacted topic begins hardly ever changes: only when an operator deletes records of it. */
const REMEMBERED_MS = 10_000;

const topics = new Set<string>();
let isInstalled = false;

/**
 * Makes kafkajs remember for ten seconds where the partitions of a topic begin. Its question for the end of a topic is
 * always two, one for the end and one for the beginning, and a table asks it before each batch that is matched against it.
 */
export function rememberBeginnings(topic: string): void {
  topics.add(topic);
  if (isInstalled) return;
  isInstalled = true;
  const prototype = clusterPrototype();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its cluster below
  const ask = prototype.fetchTopicsOffset;
  const known = new WeakMap<Cluster, Map<string, Remembered>>();
  prototype.fetchTopicsOffset = function (this: Cluster, queries) {
    const [query, ...others] = queries;
    if (!query?.fromBeginning || others.length > 0 || !topics.has(query.topic))
      return ask.call(this, queries);
    let answers = known.get(this);
    if (!answers) known.set(this, (answers = new Map<string, Remembered>()));
    const remembered = answers.get(query.topic);
    // The answer is taken apart by who asked, so each gets a copy.
    if (remembered && Date.now() - remembered.at < REMEMBERED_MS)
      return remembered.answer.then(structuredClone);
    const answer = ask.call(this, queries);
    answers.set(query.topic, { answer: answer.then(structuredClone), at: Date.now() });
    answer.catch(() => known.get(this)?.delete(query.topic));
    answers.get(query.topic)?.answer.catch(() => undefined);
    return answer;
  };
}
