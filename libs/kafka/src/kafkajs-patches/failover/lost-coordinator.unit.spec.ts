import { createRequire } from 'node:module';

import { hadNoAnswer, isLostCoordinator, isLostLeader } from './lost-coordinator.js';

const errors = createRequire(import.meta.url)('kafkajs/src/errors.js') as Record<
  string,
  new (message: string | { type: string; message: string }, more?: object) => Error
>;

function answered(type: string): Error {
  return new errors['KafkaJSProtocolError']!({ type, message: type });
}

describe('errors of kafkajs', () => {
  it.each(['KafkaJSConnectionError', 'KafkaJSConnectionClosedError', 'KafkaJSRequestTimeoutError'])(
    '%s says that there was no answer, so that leader and coordinator are looked for',
    (name) => {
      const error = new errors[name]!('no answer');
      expect([hadNoAnswer(error), isLostCoordinator(error), isLostLeader(error)]).toEqual([true, true, true]);
    },
  );

  it.each(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'])(
    'an answer %s says that the coordinator is elsewhere, or not ready yet',
    (type) => {
      const error = answered(type);
      expect([hadNoAnswer(error), isLostCoordinator(error), isLostLeader(error)]).toEqual([
        false,
        true,
        false,
      ]);
    },
  );

  it.each([
    'NOT_LEADER_FOR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
  ])('an answer %s says that the leader is elsewhere', (type) => {
    const error = answered(type);
    expect([hadNoAnswer(error), isLostCoordinator(error), isLostLeader(error)]).toEqual([false, false, true]);
  });

  it.each([
    'REBALANCE_IN_PROGRESS',
    'UNKNOWN_MEMBER_ID',
    'ILLEGAL_GENERATION',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'OFFSET_OUT_OF_RANGE',
  ])('an answer %s is an answer', (type) => {
    const error = answered(type);
    expect([hadNoAnswer(error), isLostCoordinator(error), isLostLeader(error)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
