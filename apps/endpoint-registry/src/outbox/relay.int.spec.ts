import { randomUUID } from 'node:crypto';

import { Topics } from '@skillora/contracts';
import { readPartition } from '@skillora/kafka';

import { forgetWhatWasWritten } from './once-only-writer.js';
import { flushed, newDatabase, outboxRow, RelayScene } from './testing/relay-scene.js';

/** Only a topic from which nothing comes takes so long. */
const READ_LIMIT_MS = 300_000;

let scene: RelayScene;

beforeAll(async () => {
  scene = await RelayScene.set();
});

afterEach(() => scene.closeRelays());

afterAll(() => scene.clear());

/** What readers of committed records find, in all partitions, up to now. */
async function read(topic: string): Promise<string[]> {
  const { kafka, producer } = scene;
  const admin = kafka.admin();
  await admin.connect();
  const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition);
  await admin.disconnect();
  const values: string[] = [];
  for (const partition of partitions) {
    const mark = randomUUID();
    await producer.send([{ topic, partition, key: null, value: Buffer.from(mark) }]);
    await readPartition(
      kafka,
      { topic, partition, from: 0n },
      ({ value }) => {
        if (String(value) === mark) return 'enough';
        values.push(String(value));
        return 'go-on';
      },
      READ_LIMIT_MS,
    );
  }
  return values;
}

describe('the relay of the outbox', () => {
  it('writes a delivery once, though a copy ended after it was written and before its row was deleted', async () => {
    const first: string = randomUUID();
    const second: string = randomUUID();
    await scene.store([outboxRow(Topics.manualRetries, first), outboxRow(Topics.deliveries, first)]);
    const dying = scene.relay({ source: scene.dyingBeforeDeletion() });
    await expect(dying.flush()).rejects.toThrow();
    // Whoever tries again without having ended must find out as well.
    await expect(dying.flush()).rejects.toThrow();
    await scene.store([outboxRow(Topics.deliveries, second)]);

    await flushed(scene.relay());
    const written = await read(Topics.deliveries);
    expect(written.filter((value) => value === first || value === second)).toEqual([first, second]);
    expect(await scene.topicsLeft()).toEqual([]);
  });

  it('lets copies take turns, and none writes what another has written', async () => {
    const copies = [scene.relay(), scene.relay(), scene.relay()];
    const values = Array.from({ length: 9 }, () => randomUUID());
    for (const [index, value] of values.entries()) {
      await scene.store([outboxRow(Topics.deliveries, value)]);
      await flushed(copies[index % copies.length]!);
    }
    const ours = new Set<string>(values);
    expect((await read(Topics.deliveries)).filter((value) => ours.has(value))).toEqual(values);
  });

  it('remembers no more than what was written last, however often instances take turns', async () => {
    const instances = [scene.relay(), scene.relay()];
    for (let turn = 0; turn < 8; turn += 1) {
      await scene.store([outboxRow(Topics.deliveries, randomUUID())]);
      await flushed(instances[turn % instances.length]!);
    }
    const [, second] = scene.writers;
    await second?.close();
    expect(await second?.takeOver()).toHaveLength(1);
  });

  it('writes the rows of a new database, though Kafka remembers those of another', async () => {
    const values: string[] = [];
    for (let databases = 0; databases < 2; databases += 1) {
      const source = await newDatabase();
      const value: string = randomUUID();
      values.push(value);
      await scene.store([outboxRow(Topics.deliveries, value)], source);
      await flushed(scene.relay({ source }));
      await source.destroy();
    }
    expect((await read(Topics.deliveries)).filter((value) => values.includes(value))).toEqual(values);
  });

  it('moves rows in their order, whichever way each is written', async () => {
    const values = Array.from({ length: 6 }, () => randomUUID());
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = values;
    await scene.store([
      outboxRow(Topics.manualRetries, a),
      outboxRow(Topics.deliveries, b),
      outboxRow(Topics.deliveries, c),
      outboxRow(Topics.manualRetries, d),
      outboxRow(Topics.deliveries, e),
      outboxRow(Topics.manualRetries, f),
    ]);
    await flushed(scene.relay());
    const ours = new Set<string>(values);
    expect((await read(Topics.deliveries)).filter((value) => ours.has(value))).toEqual([b, c, e]);
    expect((await read(Topics.manualRetries)).filter((value) => ours.has(value))).toEqual([a, d, f]);
  });

  it('knows what it wrote until that is deleted, whatever else was deleted meanwhile', async () => {
    scene.relay();
    const [writer] = scene.writers;
    await writer?.takeOver();
    const { topic, key, value } = outboxRow(Topics.deliveries, randomUUID());
    await writer?.write([{ topic, key, value }], ['9007']);
    writer?.settled(new Set(['1', '2']));
    expect(await writer?.takeOver()).toContain('9007');
    writer?.settled(new Set(['9007']));
    expect(await writer?.takeOver()).not.toContain('9007');
  });

  it('writes a row that has the id of one written before the database was set back', async () => {
    const value: string = randomUUID();
    await scene.store([outboxRow(Topics.deliveries, value)]);
    await expect(scene.relay({ source: scene.dyingBeforeDeletion() }).flush()).rejects.toThrow();
    // The row is there still, as a new one with its id would be.
    await forgetWhatWasWritten(scene.kafka);
    await flushed(scene.relay());
    expect((await read(Topics.deliveries)).filter((each) => each === value)).toHaveLength(2);
    await forgetWhatWasWritten(scene.kafka);
    await forgetWhatWasWritten(scene.kafka);
  });
});
