import { AnswerMemory } from './answer-memory.js';
import { amendOnce, type Cluster, clusterPrototype } from './kafkajs-internals.js';

/** Kafka's number for a coordinator of transactions. */
const TRANSACTION = 1;
/** After a coordinator has moved, requests go to its former place for so long and are tried again. */
const REMEMBERED_MS = 2_000;

/**
 * Makes kafkajs remember where the coordinators of a transaction are. It asks before each request of a transaction:
 * four of the nine requests a transaction makes, as many as do its work. Clients without transactions go on asking,
 * since they ask only when something has changed.
 */
export function rememberCoordinators(): void {
  amendOnce(clusterPrototype(), 'findGroupCoordinatorMetadata', (ask) => {
    const places = new AnswerMemory(REMEMBERED_MS);
    return function (this: Cluster, query) {
      if (query.coordinatorType !== TRANSACTION && !places.knows(this)) return ask.call(this, query);
      return places.of(this, `${query.coordinatorType}/${query.groupId}`, () => ask.call(this, query));
    };
  });
}
