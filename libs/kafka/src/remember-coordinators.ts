import { AnswerMemory } from './answer-memory.js';
import { isLostCoordinator } from './failover/lost-coordinator.js';
import {
  amendOnce,
  type Broker,
  brokerPrototype,
  type Cluster,
  clusterPrototype,
} from './kafkajs-internals.js';

/** Kafka's numbers for coordinators. */
const GROUP = 0;
const TRANSACTION = 1;
/** A coordinator that moved and still answers says so; one that is asked for something else may not be asked again. */
const REMEMBERED_MS = 2_000;

const places = new AnswerMemory(REMEMBERED_MS);
const question = (coordinatorType: number, id: string): string => `${coordinatorType}/${id}`;

/**
 * Makes kafkajs remember where the coordinators of a transaction are. It asks before each request of a transaction:
 * four of the nine requests a transaction makes, as many as do its work. What is remembered is forgotten as soon as a
 * coordinator cannot be reached or says that it is none. Clients without transactions go on asking, since they ask only
 * when something has changed.
 */
export function rememberCoordinators(): void {
  amendOnce(
    clusterPrototype(),
    'findGroupCoordinatorMetadata',
    (ask) =>
      function (this: Cluster, query) {
        if (query.coordinatorType !== TRANSACTION && !places.knows(this)) return ask.call(this, query);
        return places.of(this, question(query.coordinatorType, query.groupId), () => ask.call(this, query));
      },
  );
  for (const request of ['addPartitionsToTxn', 'addOffsetsToTxn', 'endTxn', 'initProducerId'] as const) {
    forgetWhenLost(request, ({ transactionalId }) =>
      transactionalId === undefined ? null : question(TRANSACTION, transactionalId),
    );
  }
  forgetWhenLost('txnOffsetCommit', ({ groupId }) =>
    groupId === undefined ? null : question(GROUP, groupId),
  );
}

type Request = { readonly transactionalId?: string; readonly groupId?: string };

/** @param asked what was asked to find the coordinator that a request goes to; null when it goes to any broker. */
function forgetWhenLost(
  request: 'addPartitionsToTxn' | 'addOffsetsToTxn' | 'endTxn' | 'initProducerId' | 'txnOffsetCommit',
  asked: (request: Request) => string | null,
): void {
  const prototype = brokerPrototype() as unknown as Record<
    typeof request,
    (request: Request) => Promise<unknown>
  >;
  amendOnce(
    prototype,
    request,
    (send) =>
      async function (this: Broker, body: Request) {
        try {
          return await send.call(this, body);
        } catch (error) {
          const forgotten = isLostCoordinator(error) ? asked(body) : null;
          if (forgotten !== null) places.forget(forgotten);
          throw error;
        }
      },
    'remember coordinators',
  );
}
