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
/**
 * How long a coordinator is remembered. A former coordinator usually refuses requests, which leads to a new
 * lookup; this limit is for the other cases.
 */
const REMEMBERED_MS = 2_000;

const places = new AnswerMemory(REMEMBERED_MS);
const question = (coordinatorType: number, id: string): string => `${coordinatorType}/${id}`;

/**
 * Makes kafkajs remember the coordinators of a transaction. Otherwise it looks them up before each request of
 * a transaction: four of the nine requests of a transaction are lookups. An entry is forgotten as soon as the
 * coordinator cannot be reached or answers that it is not the coordinator. Clients without transactions look
 * it up each time, because they only ask after a change.
 *
 * Upstream: no issue known; kafkajs has no cache for coordinators of transactions.
 * Delete when a producer of kafkajs asks for its coordinator once, and again only after an error.
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

/**
 * @param asked the lookup that finds the coordinator for a request; null for a request that any broker
 * answers.
 */
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
