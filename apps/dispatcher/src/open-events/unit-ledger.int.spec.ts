import { randomUUID } from 'node:crypto';

import { Topics } from '@skillora/contracts';
import type { Logger } from '@skillora/operability';

import { takeOver, verdictOf } from './takeover.js';
import { EndedOtherwise } from './testing/ended-otherwise.js';
import { anEntry, UnitLedgerScene, unitRecord } from './testing/unit-ledger-scene.js';
import type { UnitLedger } from './unit-ledger.js';
import type { UnitRecord } from './unit-record.js';

const scene = new UnitLedgerScene();
const BROKEN = new Error('the connection is broken');

beforeAll(() => scene.prepare());
beforeEach(() => scene.next());
afterEach(() => scene.closeOpened());
afterAll(() => scene.close());

const atEvents = (offset: bigint) => new Map([[Topics.events, { offset, metadata: '' }]]);

describe('a unit that is taken over', () => {
  it('has written nothing of a transaction that was under way, and its former owner learns that it is lost', async () => {
    const endings = new EndedOtherwise(scene.transactionalKafka);
    const former = await scene.openUnit({ transactionalKafka: endings.kafka });
    const [before, under, after] = [anEntry(), anEntry(), anEntry()];
    const first = unitRecord(former.writer, 1, 3n, { entries: [{ entry: before, digest: 5 }] });
    await former.write(first, [scene.text('before')]);

    let successor: UnitLedger | undefined;
    endings.nextCommit(async (transaction) => {
      successor = await scene.openUnit();
      await transaction.commit();
    });
    const second = unitRecord(former.writer, 2, 4n, { entries: [{ entry: under, digest: 5 }] });
    await expect(former.write(second, [scene.text('under way')])).rejects.toThrow();

    const { dedupeWindow, positions } = successor?.taken ?? takeOver([], Topics.events);
    expect([before, under].map((entry) => dedupeWindow.has(entry))).toEqual([true, false]);
    expect(positions).toEqual(atEvents(3n));
    expect(await former.reopen()).toBeNull();
    await expect(former.write(second, [])).rejects.toThrow();

    // Its successor was not disturbed by that.
    const third = unitRecord(String(successor?.writer), 1, 4n, { entries: [{ entry: after, digest: 5 }] });
    await successor?.write(third, [scene.text('after')]);
    expect(await scene.textsUpTo('after')).toEqual(['before', 'after']);
  });

  it('is known with all that was told and ended, and by the place of its other topics', async () => {
    const former = await scene.openUnit();
    const [one, two]: [string, string] = [randomUUID(), randomUUID()];
    const positions = new Map([...atEvents(3n), [Topics.deliveries, { offset: 70n, metadata: 'r' }]]);
    const slice = { offset: 3n, number: 0, madeAt: 1_000, isLast: true, endpointIds: [one, two] };
    await former.write(unitRecord(former.writer, 1, 3n, { positions, told: [slice] }), []);
    const ended = [{ offset: 3n, endpointId: one }];
    await former.write(unitRecord(former.writer, 2, 3n, { positions, ended }), []);
    const { taken } = await scene.openUnit();
    expect(taken.positions).toEqual(positions);
    expect(taken.told.get(3n)).toEqual({
      matched: { slices: 1, lastEndpointId: two, isWhole: true },
      left: new Map([[two, 1_000]]),
    });
  });

  it('is read from an older record if the ledger has been silent for longer than events are recognised', async () => {
    const timestamp = String(Date.now() - 25 * 3_600_000);
    const producer = scene.kafka.producer();
    await producer.connect();
    const { partition } = scene;
    const messages = [{ partition, value: '', headers: { 'next-offset': '11' }, timestamp }];
    await producer.send({ topic: Topics.fanOutLedger, messages });
    await producer.disconnect();
    expect((await scene.openUnit()).taken.positions).toEqual(atEvents(11n));
  });

  it('is read in spite of records that are none of the ledger', async () => {
    const former = await scene.openUnit();
    await former.write(unitRecord(former.writer, 1, 5n), []);
    await scene.writeToLedger(
      { value: Buffer.from('no entries') },
      { value: Buffer.alloc(0), headers: { 'next-offset': 'no number' } },
      { value: Buffer.alloc(0), headers: { unit: Buffer.from([1, 2, 3]) } },
    );
    const successor = await scene.openUnit();
    expect(successor.taken.positions).toEqual(atEvents(5n));
  });
});

describe('a transaction of a unit', () => {
  it('goes to the partitions of its number, whatever the keys are', async () => {
    const ledger = await scene.openUnit();
    await ledger.write(
      unitRecord(ledger.writer, 1, 1n),
      ['x', 'y'].map((value) => scene.text(value)),
    );
    expect(await scene.textsUpTo('y')).toEqual(['x', 'y']);
  });

  const outcomes = [
    ['was written without an answer', 'written'],
    ['was never decided', 'not-written'],
  ] as const;
  it.each(outcomes)('that %s is %s when the ledger is read on, and is there once', async (_what, verdict) => {
    const endings = new EndedOtherwise(scene.transactionalKafka);
    const ledger = await scene.openUnit({ transactionalKafka: endings.kafka });
    await ledger.write(unitRecord(ledger.writer, 1, 1n), [scene.text('first')]);
    endings.nextCommit(async (transaction) => {
      if (verdict === 'written') await transaction.commit();
      throw BROKEN;
    });
    const record = unitRecord(ledger.writer, 2, 2n);
    await expect(ledger.write(record, [scene.text('second')])).rejects.toThrow(BROKEN);
    // As long as it is not known what became of it, nothing may be written.
    await expect(ledger.write(record, [scene.text('second')])).rejects.toThrow();

    const tail: readonly UnitRecord[] = (await ledger.reopen()) ?? [];
    expect(verdictOf(tail, record)).toBe(verdict);
    expect(tail).toEqual(verdict === 'written' ? [record] : []);
    if (verdict === 'not-written') await ledger.write(record, [scene.text('second')]);
    await ledger.write(unitRecord(ledger.writer, 3, 3n), [scene.text('third')]);
    expect(await scene.textsUpTo('third')).toEqual(['first', 'second', 'third']);
    expect((await scene.openUnit()).taken.positions).toEqual(atEvents(3n));
  });

  it('of unknown outcome is found behind many others, which are not read again', async () => {
    const endings = new EndedOtherwise(scene.transactionalKafka);
    let invalid = 0;
    const logger = Object.create(scene.logger, { error: { value: () => (invalid += 1) } }) as Logger;
    const ledger = await scene.openUnit({ transactionalKafka: endings.kafka, logger });
    await scene.writeToLedger({ value: Buffer.from('no entries') });
    const many = 40;
    for (let sequence = 1; sequence <= many; sequence += 1) {
      await ledger.write(unitRecord(ledger.writer, sequence, BigInt(sequence)), []);
    }
    endings.nextCommit(async (transaction) => {
      await transaction.commit();
      throw BROKEN;
    });
    const last = unitRecord(ledger.writer, many + 1, BigInt(many + 1));
    await expect(ledger.write(last, [])).rejects.toThrow();
    expect(await ledger.reopen()).toEqual([last]);
    expect(invalid).toBe(0);
  });
});

describe('a ledger with more entries than a unit has to know', () => {
  it('is read from a little before those that count, also when a fan-out has written between', async () => {
    const limits = { entries: 10, near: 8n };
    const all = Array.from({ length: 60 }, anEntry);
    const write = async (ledger: UnitLedger, entries: readonly string[]): Promise<void> => {
      for (const [at, entry] of entries.entries()) {
        const more = { entries: [{ entry, digest: at }] };
        await ledger.write(unitRecord(ledger.writer, at + 1, 6n, more), []);
      }
    };
    await write(await scene.openUnit({ limits }), all.slice(0, 25));
    const fanOut = await scene.openFanOut();
    await fanOut.write([], new Map([[all[25] ?? '', 1]]), 6n);
    await write(await scene.openUnit({ limits }), all.slice(26));
    const { dedupeWindow, positions } = (await scene.openUnit({ limits })).taken;
    expect(all.slice(-10).every((entry) => dedupeWindow.has(entry))).toBe(true);
    expect(dedupeWindow.size).toBeLessThan(25);
    expect(positions).toEqual(atEvents(6n));
  });
});

describe('a partition that a fan-out has', () => {
  it('is taken over by a unit, given back, and taken over again', async () => {
    const fanOut = await scene.openFanOut();
    const [one, two, three, four] = [anEntry(), anEntry(), anEntry(), anEntry()];
    await fanOut.write([scene.placedText('one')], new Map([[one, 1]]), 10n);
    const progress = { offset: 10n, parts: 2, lastEndpointId: randomUUID() };
    await fanOut.write([scene.placedText('parts of two')], new Map(), progress);

    const unit = await scene.openUnit();
    const { dedupeWindow, positions, told } = unit.taken;
    expect(dedupeWindow.has(one)).toBe(true);
    expect(dedupeWindow.hasOtherData(one, 2)).toBe(true);
    expect(positions).toEqual(atEvents(10n));
    const { parts: slices, lastEndpointId } = progress;
    expect(told.get(10n)).toEqual({ matched: { slices, lastEndpointId, isWhole: false }, left: new Map() });
    // Whichever of its two ids is next.
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(fanOut.write([scene.placedText('of a zombie')], new Map(), 11n)).rejects.toThrow();
    }

    // The second event is over, the third is open, the fourth is over before it.
    const entries = [two, four].map((entry) => ({ entry, digest: 1 }));
    const endpointId: string = randomUUID();
    const slice = { offset: 11n, number: 0, madeAt: 5, isLast: true, endpointIds: [endpointId] };
    const record = unitRecord(unit.writer, 1, 11n, { entries, told: [slice] });
    await unit.write(record, [scene.text('of the unit')]);

    const back = await scene.openFanOut();
    const known = [one, two, three, four].map((entry) => back.dedupeWindow.has(entry));
    expect(known).toEqual([true, true, false, true]);
    expect([1, 2].map((digest) => back.dedupeWindow.hasOtherData(four, digest))).toEqual([false, true]);
    expect([back.nextOffset, back.progressAt(11n)]).toEqual([11n, null]);
    await expect(unit.write(unitRecord(unit.writer, 2, 12n), [scene.text('of a zombie')])).rejects.toThrow();
    expect(await unit.reopen()).toBeNull();
    await back.write([scene.placedText('three')], new Map([[three, 1]]), 13n);

    const { taken } = await scene.openUnit();
    expect([one, two, three, four].every((entry) => taken.dedupeWindow.has(entry))).toBe(true);
    expect([taken.positions, taken.told.size]).toEqual([atEvents(13n), 0]);
    expect(await scene.textsUpTo('three')).toEqual(['one', 'parts of two', 'of the unit', 'three']);
  });
});
