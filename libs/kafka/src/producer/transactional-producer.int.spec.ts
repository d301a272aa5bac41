import { randomUUID } from 'node:crypto';

import type { Kafka, ProducerConfig } from 'kafkajs';

import { BrokerTest, textRecord } from '../testing/broker-test.js';
import { TransactionalProducer } from './transactional-producer.js';

const test = new BrokerTest();

afterEach(() => test.close());

describe('a transactional producer', () => {
  it('writes records and the consumed offset together', async () => {
    const [input, output] = [await test.topic(), await test.topic()];
    const group = randomUUID();
    const transactional = new TransactionalProducer(test.transactionalKafka, randomUUID(), test.logger);
    test.closeAfter(() => transactional.disconnect());
    await transactional.write([textRecord(output, 'x')], {
      groupIds: [group],
      topic: input,
      partition: 0,
      nextOffset: 7n,
    });
    await test.untilCommitted(group, input, '7');
    expect(await test.readTexts(output, 1)).toEqual(['x']);
  });

  it('asks once where its coordinators are, not before each request', async () => {
    const [input, output, group] = [await test.topic(), await test.topic(), randomUUID()];
    const make = test.transactionalKafka.producer;
    const asked: string[] = [];
    const watched = Object.create(test.transactionalKafka, {
      producer: {
        value: (config: ProducerConfig) => {
          const created = make.call(test.transactionalKafka, config);
          created.on(created.events.REQUEST, ({ payload }) => asked.push(payload.apiName));
          return created;
        },
      },
    }) as Kafka;
    const transactional = new TransactionalProducer(watched, randomUUID(), test.logger);
    test.closeAfter(() => transactional.disconnect());
    const began = Date.now();
    for (const nextOffset of [1n, 2n, 3n]) {
      const consumed = { groupIds: [group], topic: input, partition: 0, nextOffset };
      await transactional.write([textRecord(output, String(nextOffset))], consumed);
    }
    expect(asked.filter((name) => name === 'EndTxn')).toHaveLength(3);
    // One for the transactions and one for the group; a slow machine asks again after two seconds.
    expect(
      asked.filter((name) => name === 'FindCoordinator' || name === 'GroupCoordinator').length,
    ).toBeLessThan(6 + (Date.now() - began) / 1_000);
  });

  it('is fenced by whoever takes over its id, and its writes are not read', async () => {
    const output = await test.topic();
    const id = randomUUID();
    const zombie = new TransactionalProducer(test.transactionalKafka, id, test.logger);
    await zombie.connect();
    const successor = new TransactionalProducer(test.transactionalKafka, id, test.logger);
    test.closeAfter(
      () => zombie.disconnect(),
      () => successor.disconnect(),
    );
    await successor.connect();
    await expect(zombie.write([textRecord(output, 'of the zombie')])).rejects.toThrow();
    await successor.write([textRecord(output, 'of the successor')]);
    expect(await test.readTexts(output, 1)).toEqual(['of the successor']);
  });
});
