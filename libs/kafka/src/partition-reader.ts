import { randomUUID } from 'node:crypto';

import { AssignerProtocol, type Kafka, type PartitionAssigner } from 'kafkajs';

import { PATIENT_RETRY } from './client.js';
import { type ReceivedRecord, toReceivedRecord } from './received-record.js';

export interface PartitionRange {
  readonly topic: string;
  readonly partition: number;
  /** The offset to begin at. */
  readonly from: bigint;
}

/**
 * Reads the committed records of one partition from an offset on and hands each to `take`, until `take` says that it
 * has seen enough. Rejects when nothing ends the reading within `timeoutMs`.
 */
export async function readPartition(
  kafka: Kafka,
  { topic, partition, from }: PartitionRange,
  take: (record: ReceivedRecord) => 'go-on' | 'enough',
  timeoutMs: number,
): Promise<void> {
  const consumer = kafka.consumer({
    groupId: `reader-${topic}-${partition}-${randomUUID()}`,
    partitionAssigners: [assignOnly(topic, partition)],
    maxWaitTimeInMs: 100,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    retry: PATIENT_RETRY,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`reading ${topic}/${partition} did not end within ${timeoutMs} ms`)),
        timeoutMs,
      );
      let enough = false;
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            for (const message of batch.messages) {
              if (enough || BigInt(message.offset) < from) continue;
              enough = take(toReceivedRecord(message)) === 'enough';
            }
            if (enough) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
      consumer.seek({ topic, partition, offset: String(from) });
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect().catch(() => undefined);
  }
}

/** kafkajs reads only what a group assigns; this group has one member and assigns it one partition. */
function assignOnly(topic: string, partition: number): PartitionAssigner {
  return () => ({
    name: 'one-partition',
    version: 1,
    assign: ({ members }) =>
      Promise.resolve(
        members.map(({ memberId }, index) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: 1,
            assignment: index === 0 ? { [topic]: [partition] } : {},
            userData: Buffer.alloc(0),
          }),
        })),
      ),
    protocol: ({ topics }) => ({
      name: 'one-partition',
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
    }),
  });
}
