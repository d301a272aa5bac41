import { jest } from '@jest/globals';

import { fetchInSessions } from './fetch-in-sessions.js';
import { type Broker, brokerPrototype, type Fetched, type FetchRequest } from './kafkajs-internals.js';

const REQUEST: FetchRequest = {
  ...{ maxWaitTime: 100, isolationLevel: 1, rackId: '' },
  topics: [{ topic: 'events', partitions: [{ partition: 0, fetchOffset: '5', maxBytes: 1_000 }] }],
};
const SESSION_NOT_FOUND = 70;

const answer = (more: Partial<Fetched> = {}): Fetched => ({
  ...{ errorCode: 0, sessionId: 9, responses: [] },
  ...more,
});

/** An answer in whose partitions there is an error. */
interface Failed extends Fetched {
  readonly fails: string;
}

/** What an answer begins with: the time to wait, the error and the session. */
function head({ errorCode = 0, sessionId = 0 }: Fetched): Buffer {
  const raw = Buffer.alloc(10);
  raw.writeInt16BE(errorCode, 4);
  raw.writeInt32BE(sessionId, 6);
  return raw;
}

interface Sent {
  readonly request: { sessionId?: number; sessionEpoch?: number; topics: readonly unknown[] };
  readonly response: { decode(raw: Buffer): Promise<unknown> };
}

/** A broker with these answers in turn, and the sessions that it is asked for. An error is no answer. */
function brokerWith(
  answers: readonly (Fetched | Failed | Error)[],
  apiVersion = 11,
): { broker: Broker; asked: unknown[] } {
  const asked: unknown[] = [];
  const left = [...answers];
  const send = async ({ request, response }: Sent): Promise<unknown> => {
    asked.push([request.sessionId, request.sessionEpoch, request.topics.length]);
    const next = left.shift();
    if (next === undefined || next instanceof Error) throw next ?? new Error('no more answers');
    await response.decode(head(next));
    if ('fails' in next) throw new Error(next.fails);
    return next;
  };
  const broker = Object.assign(Object.create(brokerPrototype()) as Broker, {
    lookupRequest: () => (content: object) => ({
      request: { ...content, apiVersion },
      response: { decode: () => Promise.resolve() },
    }),
    connectionPool: { send },
  });
  return { broker, asked };
}

beforeAll(fetchInSessions);

it('a consumer names its partitions once', async () => {
  const { broker, asked } = brokerWith([answer(), answer()]);
  await broker.fetch(REQUEST);
  await broker.fetch(REQUEST);
  expect(asked).toEqual([
    [0, 0, 1],
    [9, 1, 0],
  ]);
});

it('a session that the broker has ended is begun anew', async () => {
  const { broker, asked } = brokerWith([
    answer(),
    answer({ errorCode: SESSION_NOT_FOUND, sessionId: 0 }),
    answer(),
  ]);
  await broker.fetch(REQUEST);
  expect((await broker.fetch(REQUEST)).responses).toEqual([]);
  await broker.fetch(REQUEST);
  expect(asked.at(-1)).toEqual([9, 0, 1]);
});

it('a broker that keeps no session is asked for one after a minute again', async () => {
  const now = jest.spyOn(performance, 'now').mockReturnValue(1_000);
  const { broker, asked } = brokerWith([answer({ sessionId: 0 }), answer({ sessionId: 0 }), answer()]);
  await broker.fetch(REQUEST);
  now.mockReturnValue(60_999);
  await broker.fetch(REQUEST);
  now.mockReturnValue(61_000);
  await broker.fetch(REQUEST);
  now.mockRestore();
  expect(asked).toEqual([
    [0, 0, 1],
    [undefined, undefined, 1],
    [0, 0, 1],
  ]);
});

it('a session is begun anew after a request without an answer', async () => {
  const { broker, asked } = brokerWith([answer(), new Error('the connection was closed'), answer()]);
  await broker.fetch(REQUEST);
  await expect(broker.fetch(REQUEST)).rejects.toThrow('closed');
  await broker.fetch(REQUEST);
  expect(asked.at(-1)).toEqual([9, 0, 1]);
});

it('a session goes on after the error of a partition, because the broker has it all the same', async () => {
  const { broker, asked } = brokerWith([{ ...answer(), fails: 'out of range' }, answer()]);
  await expect(broker.fetch(REQUEST)).rejects.toThrow('out of range');
  await broker.fetch(REQUEST);
  expect(asked.at(-1)).toEqual([9, 1, 0]);
});

it('a broker whose answers have no sessions is asked as by kafkajs', async () => {
  const { broker, asked } = brokerWith([answer(), answer()], 6);
  await broker.fetch(REQUEST);
  await broker.fetch(REQUEST);
  expect(asked.at(-1)).toEqual([undefined, undefined, 1]);
});

it('a second request meanwhile, and one that no consumer makes, have no session', async () => {
  const { broker, asked } = brokerWith([answer(), answer(), answer()]);
  const { rackId, ...ofNoConsumer } = REQUEST;
  expect(rackId).toBe('');
  await Promise.all([broker.fetch(REQUEST), broker.fetch(REQUEST), broker.fetch(ofNoConsumer)]);
  expect(asked).toEqual([
    [0, 0, 1],
    [undefined, undefined, 1],
    [undefined, undefined, 1],
  ]);
});

it('partitions of which only positions have moved are left out, and one that is to be read elsewhere is not', async () => {
  const partition = (
    number: number,
    more: object = {},
  ): Fetched['responses'][number]['partitions'][number] => ({
    ...{ partition: number, errorCode: 0, highWatermark: '9', lastStableOffset: '9', lastStartOffset: '0' },
    ...{ preferredReadReplica: -1, messages: [], ...more },
  });
  const { broker } = brokerWith([
    answer({
      responses: [
        { topicName: 'events', partitions: [partition(0), partition(1, { preferredReadReplica: 2 })] },
      ],
    }),
  ]);
  const { responses } = await broker.fetch(REQUEST);
  expect(responses[0]?.partitions.map(({ partition: number }) => number)).toEqual([1]);
});
