import { type Cluster, clusterPrototype } from './kafkajs-cluster.js';

interface Remembered {
  readonly answer: Promise<unknown>;
  readonly at: number;
}

/** Kafka's number for a coordinator of transactions. */
const TRANSACTION = 1;
/** After a coordinator has moved, requests go to its former place for so long and are tried again. */
const REMEMBERED_MS = 2_000;

let isInstalled = false;

/**
 * Makes kafkajs remember where the coordinators of a transaction are. It asks before each request of a transaction:
 * four of the nine requests a transaction makes, as many as do its work. Clients without transactions go on asking,
 * since they ask only when something has changed.
 */
export function rememberCoordinators(): void {
  if (isInstalled) return;
  isInstalled = true;
  const prototype = clusterPrototype();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its cluster below
  const ask = prototype.findGroupCoordinatorMetadata;
  const known = new WeakMap<Cluster, Map<string, Remembered>>();
  prototype.findGroupCoordinatorMetadata = function (this: Cluster, query) {
    let answers = known.get(this);
    if (!answers) {
      if (query.coordinatorType !== TRANSACTION) return ask.call(this, query);
      known.set(this, (answers = new Map<string, Remembered>()));
    }
    const key = `${query.coordinatorType}/${query.groupId}`;
    const remembered = answers.get(key);
    if (remembered && Date.now() - remembered.at < REMEMBERED_MS) return remembered.answer;
    const answer = ask.call(this, query);
    answers.set(key, { answer, at: Date.now() });
    answer.catch(() => answers.delete(key));
    return answer;
  };
}
