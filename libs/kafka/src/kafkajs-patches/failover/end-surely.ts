import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import {
  amendOnce,
  type Broker,
  brokerPrototype,
  type Cluster,
  clusterPrototype,
  type KafkaError,
} from '../kafkajs-internals.js';
import { isLostCoordinator } from './lost-coordinator.js';

/** Kafka's number for a coordinator of transactions. */
const TRANSACTION = 1;
const LOOK_AGAIN_MS = 100;
const PURPOSE = 'end surely';

const ending = new AsyncLocalStorage<{ cluster?: Cluster }>();

/**
 * Runs a call of kafkajs that ends a transaction, until a coordinator says what became of it. By itself kafkajs gives up
 * when the coordinator has died or moved, and nobody knows then whether the transaction counts. Asking again is harmless:
 * a coordinator that has ended the transaction so already says so.
 *
 * Upstream: kafkajs #1416 (open).
 * Delete when kafkajs looks for the coordinator again while it ends a transaction.
 *
 * @param withinMs how long the coordinator is looked for.
 */
export function endSurely<T>(call: () => Promise<T>, withinMs: number): Promise<T> {
  amend(withinMs);
  return ending.run({}, call);
}

function amend(withinMs: number): void {
  amendOnce(
    clusterPrototype(),
    'findGroupCoordinator',
    (find) =>
      function (this: Cluster, query) {
        const end = ending.getStore();
        if (end) end.cluster = this;
        return find.call(this, query);
      },
    PURPOSE,
  );
  amendOnce(
    brokerPrototype(),
    'endTxn',
    (endTxn) =>
      async function (this: Broker, request) {
        const cluster = ending.getStore()?.cluster;
        const began = Date.now();
        let broker: Broker = this; // eslint-disable-line @typescript-eslint/no-this-alias -- another one later
        for (;;) {
          try {
            return await endTxn.call(broker, request);
          } catch (error) {
            const mayPass =
              isLostCoordinator(error) || (error as KafkaError).type === 'CONCURRENT_TRANSACTIONS';
            if (!cluster || !mayPass || Date.now() - began > withinMs) throw error;
            await delay(LOOK_AGAIN_MS);
            const query = { groupId: request.transactionalId, coordinatorType: TRANSACTION };
            broker = await cluster.findGroupCoordinator(query).catch(() => broker);
          }
        }
      },
    PURPOSE,
  );
}
