import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { createKafka } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';

/** What a record of `webhook.delivery-results` says of an attempt. */
export interface ReportedResult {
  readonly deliveryId: string;
  readonly endpointId: string;
  readonly round: number;
  readonly step: number;
  readonly status: string;
}

/** So long without another record, there is no other. */
const QUIET_MS = 3_000;

/** Reads every committed result on the log, at least `expected` of them. Rejects when there are fewer. */
export async function readDeliveryResults(
  brokers: string[],
  expected: number,
  timeoutMs: number,
): Promise<ReportedResult[]> {
  const clientId = 'delivery-results';
  const kafka = createKafka({ clientId, brokers, logger: createLogger(clientId, 'silent') });
  const consumer = kafka.consumer({
    groupId: `delivery-results-${randomUUID()}`,
    readUncommitted: false,
    maxWaitTimeInMs: 200,
  });
  const results: ReportedResult[] = [];
  const read = new Map<number, bigint>();
  let newestAt = Date.now();
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: 'webhook.delivery-results', fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        newestAt = Date.now();
        for (const { offset, value } of batch.messages) {
          // A reader whose group rebalances begins anew: what it has read is no second result.
          if (BigInt(offset) <= (read.get(batch.partition) ?? -1n)) continue;
          read.set(batch.partition, BigInt(offset));
          if (value) results.push(JSON.parse(value.toString('utf8')) as ReportedResult);
        }
        return Promise.resolve();
      },
    });
    const deadline = Date.now() + timeoutMs;
    while (results.length < expected || Date.now() - newestAt < QUIET_MS) {
      if (Date.now() > deadline) {
        throw new Error(`${results.length} of ${expected} results were on the log after ${timeoutMs} ms`);
      }
      await delay(100);
    }
    return results;
  } finally {
    await consumer.disconnect();
  }
}
