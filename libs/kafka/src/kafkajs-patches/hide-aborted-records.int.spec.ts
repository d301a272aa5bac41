import { waitFor } from '@skillora/testing';
import { TransactionalProducer } from '../producer/transactional-producer.js';
import { readPartition } from '../table/partition-reader.js';
import { BrokerTest, textRecord } from '../testing/broker-test.js';

const test = new BrokerTest();

afterEach(() => test.close());

describe('a reader of committed records', () => {
  it('sees nothing of transactions that lay across each other and were aborted', async () => {
    const name = await test.topic();
    const [outer, inner, last] = ['outer', 'inner', 'last'].map(
      (id) => new TransactionalProducer(test.transactionalKafka, `${name}-${id}`, test.logger),
    ) as [TransactionalProducer, TransactionalProducer, TransactionalProducer];
    test.closeAfter(...[outer, inner, last].map((created) => () => created.disconnect()));
    const written = await test.everythingWritten(name);
    const records = (value: string) => [textRecord(name, `${value}0`), textRecord(name, `${value}1`)];
    await outer.write(
      records('outer'),
      undefined,
      waitFor(() => written.length === 2)
        // Begins after the outer one and ends before it: the broker names it first.
        .then(() =>
          inner.write(
            records('inner'),
            undefined,
            waitFor(() => written.length === 4).then(() => false),
          ),
        )
        .then(() => false),
    );
    await last.write([textRecord(name, 'last')]);

    const seen: string[] = [];
    await readPartition(
      test.kafka,
      { topic: name, partition: 0, from: 0n },
      ({ value }) => (seen.push(String(value)) > 0 && String(value) === 'last' ? 'enough' : 'go-on'),
      300_000,
    );
    expect(seen).toEqual(['last']);
  });
});
