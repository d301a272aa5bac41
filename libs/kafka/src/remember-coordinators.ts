import { AnswerMemory } from './answer-memory.js';
import { type Cluster, clusterPrototype } from './kafkajs-internals.js';

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
  const places = new AnswerMemory(REMEMBERED_MS);
  prototype.findGroupCoordinatorMetadata = function (this: Cluster, query) {
    if (query.coordinatorType !== TRANSACTION && !places.knows(this)) return ask.call(this, query);
    return places.of(this, `${query.coordinatorType}/${query.groupId}`, () => ask.call(this, query));
  };
}
