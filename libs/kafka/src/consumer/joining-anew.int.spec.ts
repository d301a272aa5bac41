import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';

import { BrokerTest, textRecord, textsOf } from '../testing/broker-test.js';
import type { RecordBatch } from './batch-handler.js';
import type { BatchTransport } from './batch-transport.js';

const test = new BrokerTest();
const BOTH = 'both';

afterEach(() => test.close());

/** Two topics, and instances that may name only one of them. */
async function twoTopics() {
  const topics = [await test.topic(), await test.topic()] as const;
  const groupId = randomUUID();
  const sender = await test.producer();
  return {
    topics,
    send: (topic: string, ...values: string[]) =>
      sender.send(values.map((value) => textRecord(topic, value))),
    instance: (
      handler: (batch: RecordBatch) => void,
      names: (topic: string) => boolean,
      gained: (topics: readonly string[]) => void = () => undefined,
    ): Promise<BatchTransport> => {
      const handle = (batch: RecordBatch): Promise<void> => {
        handler(batch);
        return Promise.resolve();
      };
      return test.transport(BOTH, handle, {
        groupId,
        completion: 'record',
        coPartitioned: true,
        topics: { [BOTH]: [...topics] },
        names,
        onAssignment: (change) => gained(change.gained.map(({ topic }) => topic)),
      });
    },
  };
}

describe('a transport that names other topics than before', () => {
  it('reads a topic once it names it, and keeps what is in progress in the other one', async () => {
    const { topics, send, instance } = await twoTopics();
    const [always, sometimes] = topics;
    await send(always, 'a');
    await send(sometimes, 'x');
    const seen: string[] = [];
    const gained: string[] = [];
    let finish: () => void = () => undefined;
    let namesAll = false;
    const transport = await instance(
      (batch) => {
        seen.push(...textsOf(batch));
        for (const { offset, value } of batch.records) {
          if (String(value) === 'a') finish = () => batch.ack(offset);
          else batch.ack(offset);
        }
      },
      (topic) => namesAll || topic === always,
      (those) => gained.push(...those),
    );
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual(['a']);
    namesAll = true;
    transport.joinAnew();
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual(['a', 'x']);
    // The partition of the other topic has never moved.
    expect(gained).toEqual([always, sometimes]);
    expect(transport.inFlight).toBeGreaterThanOrEqual(1);
    finish();
    await waitFor(() => transport.inFlight === 0);
    await send(always, 'b');
    await waitFor(() => seen.length === 3);
    expect(seen).toEqual(['a', 'x', 'b']);
  });

  it('leaves a topic that it does not name any more to members that do, and goes on with the other one', async () => {
    const { topics, send, instance } = await twoTopics();
    const [always, sometimes] = topics;
    const seen: [string, string][] = [];
    const noteAs = (name: string) => (batch: RecordBatch) => {
      for (const { offset, value } of batch.records) {
        seen.push([name, String(value)]);
        batch.ack(offset);
      }
    };
    let namesAll = true;
    const first = await instance(noteAs('first'), (topic) => namesAll || topic === always);
    await send(sometimes, 'x');
    await waitFor(() => seen.length === 1);
    namesAll = false;
    first.joinAnew();
    const second = await instance(noteAs('second'), (topic) => topic === sometimes);
    // With topics of one number, what its owner does not name is read by nobody.
    await send(sometimes, 'y');
    await send(always, 'b');
    await waitFor(() => seen.some(([, value]) => value === 'b'));
    expect(seen).toContainEqual(['first', 'b']);
    expect(seen.map(([, value]) => value)).not.toContain('y');
    namesAll = true;
    first.joinAnew();
    await second.close();
    await waitFor(() => seen.some(([, value]) => value === 'y'));
    expect(seen.filter(([, value]) => value === 'y')).toEqual([['first', 'y']]);
  });
});
