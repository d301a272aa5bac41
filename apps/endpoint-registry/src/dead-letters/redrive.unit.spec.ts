import { randomUUID } from 'node:crypto';

import { type OutgoingRecord, RecordFault } from '@skillora/kafka';

import type { DeadLetter } from './dead-letter.js';
import { namedEvent } from './named-event.js';
import { Redrive, type RedriveOptions, type RedrivePorts, RedriveStopped } from './redrive.js';
import { letter, structured } from './testing/letters.js';

const organization = randomUUID();

/** What a redrive did, in its order. */
class Ports implements RedrivePorts {
  readonly deeds: string[] = [];
  readonly sent: OutgoingRecord[] = [];
  readonly known = new Set<string>();
  readonly stop = new AbortController();
  onSend: (records: readonly OutgoingRecord[]) => void = () => undefined;

  constructor(readonly parts: readonly (readonly DeadLetter[])[]) {}

  get letters(): AsyncIterable<readonly DeadLetter[]> {
    return ReadableStream.from(this.parts);
  }

  accepted(): Promise<ReadonlySet<string>> {
    return Promise.resolve(this.known);
  }

  enter(organizationId: string): Promise<void> {
    this.deeds.push(`enter ${organizationId}`);
    return Promise.resolve();
  }

  send(records: readonly OutgoingRecord[]): Promise<void> {
    this.onSend(records);
    this.deeds.push(`send ${records.length}`);
    this.sent.push(...records);
    return Promise.resolve();
  }

  run(options: Partial<RedriveOptions> = {}) {
    return new Redrive(this, {
      selection: {},
      rate: 1_000,
      dryRun: false,
      stop: this.stop.signal,
      ...options,
    }).run();
  }
}

const letters = (count: number): DeadLetter[] =>
  Array.from({ length: count }, (_, offset) => letter({ value: structured(organization), offset }));

const stopped = async (run: Promise<unknown>): Promise<RedriveStopped> => {
  const error: unknown = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RedriveStopped) return error;
  throw new Error('it was not stopped');
};

describe('a redrive', () => {
  it('writes every letter in order, and enters it in the log of changes before', async () => {
    const all = letters(120);
    const ports = new Ports([all.slice(0, 70), all.slice(70)]);
    expect(await ports.run()).toEqual({ matched: 120, redriven: 120, leftAlone: {}, reached: '0/119' });
    expect(ports.sent.map(({ value }) => value)).toEqual(all.map(({ value }) => value));
    expect(ports.deeds[0]).toBe(`enter ${organization}`);
  });

  it('leaves alone what the audit has', async () => {
    const all = letters(3);
    const ports = new Ports([all]);
    ports.known.add(namedEvent(all[1] ?? letter()).eventId ?? '');
    expect(await ports.run()).toMatchObject({ redriven: 2, leftAlone: { accepted: 1 }, reached: '0/2' });
    expect(ports.sent).toHaveLength(2);
  });

  it('only counts in a dry run', async () => {
    const ports = new Ports([[...letters(2), letter({ reason: 'conflicting_data' })]]);
    const figures = { matched: 3, redriven: 2, leftAlone: { conflicting_data: 1 } };
    expect(await ports.run({ dryRun: true })).toMatchObject(figures);
    expect(ports.deeds).toEqual([]);
  });

  it('leaves alone the one that the topic does not take, and writes the others', async () => {
    const all = letters(5);
    const ports = new Ports([all]);
    ports.onSend = (records) => {
      if (records.some(({ value }) => value === all[2]?.value)) throw new RecordFault('too large', null);
    };
    expect(await ports.run()).toMatchObject({ matched: 5, redriven: 4, leftAlone: { too_large: 1 } });
    expect(ports.sent.map(({ value }) => value)).not.toContain(all[2]?.value);
  });

  it('ends behind what it is sending when it is stopped, and says how far it got', async () => {
    const ports = new Ports([letters(300)]);
    ports.onSend = () => ports.stop.abort();
    const { figures, cause } = await stopped(ports.run());
    expect(cause).toBeNull();
    expect(figures.redriven).toBe(ports.sent.length);
    expect(figures.redriven).toBeLessThan(300);
    expect(figures.reached).toBe(`0/${ports.sent.length - 1}`);
  });

  it('does not wait for the next record when it is stopped', async () => {
    const ports = new Ports([letters(2)]);
    // The second record would wait for a quarter of an hour.
    const run = ports.run({ rate: 0.001 });
    ports.onSend = () => setTimeout(() => ports.stop.abort(), 10);
    expect((await stopped(run)).figures.redriven).toBe(1);
  });

  it('says how far it got when Kafka fails', async () => {
    const ports = new Ports([letters(60)]);
    const failure = new Error('no leader');
    ports.onSend = () => {
      if (ports.sent.length > 0) throw failure;
    };
    const { figures, cause } = await stopped(ports.run({ rate: 100 }));
    expect(cause).toBe(failure);
    expect(figures).toMatchObject({ redriven: ports.sent.length, reached: `0/${ports.sent.length - 1}` });
  });
});
