import { randomUUID } from 'node:crypto';
import zlib from 'node:zlib';

import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';
import kafkajs, { type CompressionTypes as Compression, type Kafka } from 'kafkajs';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';

import { createKafka } from '../../client/client.js';
import { ensureTopics } from '../../topics/ensure-topics.js';
import { type ReceivedRecord, toReceivedRecord } from '../../records/received-record.js';
import { snappyJavaFrame } from './testing/snappy-java-frame.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const logger = createLogger('compression-test', 'silent');

let kafka: Kafka;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  kafka = createKafka({ brokers, clientId: 'compression-test', logger });
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function topic(compression: string): Promise<string> {
  const name = `test-${randomUUID()}`;
  const definition = { name, partitions: 'spread' as const, config: { 'compression.type': compression } };
  await ensureTopics(kafka, [definition], { partitions: 1, replicationFactor: 1 });
  return name;
}

/** Writes values as one record batch, in a compression of the producer's own. */
async function write(
  name: string,
  values: readonly (string | Buffer)[],
  compression: Compression = CompressionTypes.None,
): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const messages = values.map((value, index) => ({
      key: String(index),
      value,
      headers: { n: String(index) },
    }));
    await producer.send({ topic: name, messages, compression });
  } finally {
    await producer.disconnect();
  }
}

/** Everything that a consumer hears of a topic from now on. */
async function heard(name: string): Promise<ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  closing.push(() => consumer.disconnect());
  await consumer.subscribe({ topic: name, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => Promise.resolve(void records.push(...batch.messages.map(toReceivedRecord))),
  });
  return records;
}

const texts = (records: readonly ReceivedRecord[]): string[] => records.map(({ value }) => String(value));

describe('a topic that the broker stores', () => {
  it.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'])('as %s is read', async (compression) => {
    const name = await topic(compression);
    const values = Array.from({ length: 2_000 }, (_, n) => `interview ${n} `.repeat(20));
    await write(name, values);

    const records = await heard(name);
    await waitFor(() => records.length >= values.length);

    expect(texts(records)).toEqual(values);
    expect(records.at(-1)).toMatchObject({ key: '1999', headers: { n: '1999' }, offset: 1_999n });
  });
});

describe('a producer', () => {
  const formerly = { ...CompressionCodecs };
  afterEach(() => Object.assign(CompressionCodecs, formerly));

  it.each<[string, Compression, (bytes: Buffer) => Buffer]>([
    ['gzip', CompressionTypes.GZIP, (bytes) => zlib.gzipSync(bytes)],
    ['snappy as most clients write it', CompressionTypes.Snappy, snappyJavaFrame],
    ['snappy as librdkafka writes it', CompressionTypes.Snappy, (bytes) => compressSync(bytes)],
    ['lz4', CompressionTypes.LZ4, (bytes) => compressFrameSync(bytes, { contentChecksum: true })],
    ['zstd', CompressionTypes.ZSTD, (bytes) => zlib.zstdCompressSync(bytes)],
  ])('may compress with %s', async (_name, type, compress) => {
    compressWith(type, compress);
    const name = await topic('producer');
    await write(name, ['one', 'two'], type);
    await write(name, ['three'], type);

    const records = await heard(name);
    await waitFor(() => records.length >= 3);

    expect(texts(records)).toEqual(['one', 'two', 'three']);
  });
});

describe('a batch that nobody can read', () => {
  it('because it holds too much is one record that says so, and what is behind it is read', async () => {
    const name = await topic('producer');
    await write(name, ['before']);
    await write(name, [Buffer.alloc(40_000_000), Buffer.alloc(40_000_000)], CompressionTypes.GZIP);
    await write(name, ['behind']);

    const records = await heard(name);
    await waitFor(() => records.length >= 3);

    expect(records.map(({ offset, unreadable }) => [offset, unreadable])).toEqual([
      [0n, undefined],
      // Where the batch ends.
      [2n, 'the gzip data holds more than 67108864 bytes, the most that is read of a batch'],
      [3n, undefined],
    ]);
    expect(records[1]?.value?.length).toBeLessThan(200_000);
  });
});

/** kafkajs' producer takes the codecs of others. */
function compressWith(type: Compression, compress: (bytes: Buffer) => Buffer): void {
  Object.assign(CompressionCodecs, {
    [type]: () => ({
      compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(compress(buffer)),
      decompress: () => Promise.reject(new Error('our own reading was not used')),
    }),
  });
}
