import { amendOnce, type BrokerPool, brokerPoolPrototype } from '../kafkajs-internals.js';

/**
 * Makes kafkajs ask a broker that it is connected to, where any broker will do, and the next where one does not answer.
 * By itself it asks in random order, and gives the question up where it cannot connect.
 *
 * Upstream: no issue known; kafkajs #1607 (open) is about the first connection only.
 * Delete when `BrokerPool.withBroker` goes on to the next broker after a failed connection.
 */
export function askWhoAnswers(): void {
  amendOnce(
    brokerPoolPrototype(),
    'withBroker',
    (withBroker) =>
      async function (this: BrokerPool, ask) {
        const brokers = Object.entries(this.brokers);
        if (brokers.length === 0) return withBroker.call(this, ask);
        let unreachable: unknown = null;
        let reached = false;
        for (const [nodeId] of inOrder(brokers)) {
          const broker = await this.findBroker({ nodeId }).catch((error: unknown) => {
            unreachable = error;
            return null;
          });
          if (!broker) continue;
          reached = true;
          try {
            return await ask({ nodeId, broker });
          } catch {
            // The next one may know.
          }
        }
        if (!reached) throw unreachable;
        return null;
      },
  );
}

/** Those connected first; by chance among themselves. */
function inOrder(brokers: readonly [string, { isConnected(): boolean }][]): [string, unknown][] {
  return brokers
    .map((entry) => ({ entry, rank: (entry[1].isConnected() ? 0 : 1) + Math.random() / 2 }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
}
