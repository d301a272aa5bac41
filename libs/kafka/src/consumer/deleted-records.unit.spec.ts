import type { Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { type ConsumerGroup, consumerGroupPrototype } from '../kafkajs-patches/kafkajs-internals.js';
import { watchForDeletedRecords } from './deleted-records.js';

/** A watched group whose position is beyond its log. */
function watchedGroup(fetchTopicOffsets: () => Promise<{ partition: number; low: string }[]>) {
  const lines: { readonly fields: Record<string, unknown>; readonly text: string }[] = [];
  const gaps: unknown[] = [];
  const admin = { connect: () => Promise.resolve(), disconnect: () => Promise.resolve(), fetchTopicOffsets };
  const stop = watchForDeletedRecords({
    kafka: { admin: () => admin as unknown as Admin } as Kafka,
    groupId: 'a-group',
    logger: {
      error: (fields: Record<string, unknown>, text: string) => void lines.push({ fields, text }),
    } as unknown as Logger,
    onGap: (gap) => Promise.resolve(void gaps.push(gap)),
  });
  let moves = 0;
  return {
    lines,
    gaps,
    stop,
    moves: () => moves,
    /** What kafkajs does with the answer of a broker that has no such offset. */
    recover: (position: string): Promise<unknown> => {
      const group = {
        groupId: 'a-group',
        logger: { error: () => undefined },
        preferredReadReplicasPerTopicPartition: {},
        offsetManager: {
          nextOffset: () => position,
          setDefaultOffset: () => Promise.resolve((moves += 1)),
        },
      } as unknown as ConsumerGroup;
      const error = { topic: 'a-topic', partition: 3 };
      return Promise.resolve(consumerGroupPrototype().recoverFromOffsetOutOfRange.call(group, error));
    },
  };
}

describe('a group whose position its log does not have', () => {
  it('names the gap when a broker says where the log begins', async () => {
    const group = watchedGroup(() => Promise.resolve([{ partition: 3, low: '9' }]));
    await group.recover('5');
    group.stop();
    expect(group.gaps).toEqual([{ topic: 'a-topic', partition: 3, from: 5n, to: 9n }]);
  });

  it('says once what to do when no broker says where the log begins, and goes on', async () => {
    const group = watchedGroup(() => Promise.reject(new Error('no leader')));
    await group.recover('5');
    await group.recover('5');
    group.stop();
    expect(group.gaps).toEqual([]);
    expect(group.moves()).toBe(2);
    expect(group.lines).toMatchObject([
      { fields: { group: 'a-group', topic: 'a-topic', partition: 3, position: '5' } },
    ]);
    expect(group.lines[0]?.text).toContain('kafka-get-offsets.sh');
  });
});
