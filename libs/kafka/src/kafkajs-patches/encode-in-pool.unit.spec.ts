import { createRequire } from 'node:module';

import { jest } from '@jest/globals';

import { encodeInPool } from './encode-in-pool.js';
import type { Encoder } from './kafkajs-internals.js';

const load = createRequire(import.meta.url);
type Request = object;
type Encoded = Encoder & { readonly buffer: Buffer };
const NewEncoder = load('kafkajs/src/protocol/encoder.js') as new () => Encoded;
const encode = load('kafkajs/src/protocol/request.js') as (sent: object) => Promise<Encoded>;
const fetchRequest = load('kafkajs/src/protocol/requests/fetch/v11/request.js') as (body: object) => Request;
const produceRequest = load('kafkajs/src/protocol/requests/produce/v7/request.js') as (
  body: object,
) => Request;

const fetchOf = (topics: number): Request =>
  fetchRequest({
    ...{ replicaId: -1, maxWaitTime: 250, minBytes: 1, maxBytes: 10_485_760 },
    topics: Array.from({ length: topics }, (_, topic) => ({
      topic: `topic-${topic}`,
      partitions: [0, 1, 2].map((partition) => ({
        partition,
        fetchOffset: '12345678901',
        maxBytes: 1_048_576,
      })),
    })),
  });

const writeOf = (value: Buffer): Request =>
  produceRequest({
    ...{ acks: -1, timeout: 30_000, producerId: '7', producerEpoch: 1 },
    topicData: [
      {
        topic: 'events',
        partitions: [
          {
            ...{ partition: 1, firstSequence: 5 },
            messages: ['a', 'ключ'].map((key) => ({
              ...{ key, value, timestamp: 1_700_000_000_000 },
              headers: { one: 'x'.repeat(100), two: ['', Buffer.from([0, 255])] },
            })),
          },
        ],
      },
    ],
  });

const REQUESTS = {
  'a fetch': fetchOf(4),
  'a fetch of many topics': fetchOf(300),
  'a write': writeOf(Buffer.from('value')),
  'a write of what the pool does not hold': writeOf(Buffer.alloc(100_000, 'value')),
};

async function bytesOf(request: Request): Promise<Buffer> {
  return (await encode({ correlationId: 3, clientId: 'spec', request })).buffer;
}

describe('a request', () => {
  const plain = new Map<string, Buffer>();
  beforeAll(async () => {
    for (const [name, request] of Object.entries(REQUESTS)) plain.set(name, await bytesOf(request));
    encodeInPool();
  });

  afterEach(() => void jest.restoreAllMocks());

  it.each(Object.entries(REQUESTS))('has the bytes that kafkajs gives it: %s', async (name, request) => {
    // Bytes that nobody wrote show.
    jest.spyOn(Buffer, 'allocUnsafe').mockImplementation((size) => Buffer.alloc(size, 0xee));
    expect((await bytesOf(request)).equals(plain.get(name) as Buffer)).toBe(true);
  });

  it('is begun without memory, and encoded in memory of the pool', async () => {
    expect(new NewEncoder().buf).toHaveLength(0);
    expect((await bytesOf(REQUESTS['a fetch'])).buffer.byteLength).toBe(Buffer.poolSize);
  });
});
