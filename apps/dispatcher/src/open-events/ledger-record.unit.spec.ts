import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { WindowCommit } from '@skillora/kafka';
import fc from 'fast-check';

import { dedupeEntry } from '../fan-out/dedupe-window.js';
import {
  encodeLedgerEntries,
  type FanOutRecord,
  positionHeaders,
  readFanOutRecord,
} from '../fan-out/ledger-record.js';
import { isUnitRecord, readLedgerRecord } from './ledger-record.js';
import { aReceivedRecord } from './testing/a-received-record.js';
import { encodeUnitRecord } from './unit-record-codec.js';
import type { UnitRecord } from './unit-record.js';

const EVENTS = 'webhook.events';
/** Ledger records as releases have written them. */
const RECORDED = fileURLToPath(new URL('../../recorded/webhook.fan-out-ledger.1.jsonl', import.meta.url));

const entry = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const digest = fc.integer();
const offset = fc.bigInt({ min: 0n, max: 2n ** 60n });
const next = fc.oneof(
  offset,
  fc.record({ offset, parts: fc.nat({ max: 999_999_999 }), lastEndpointId: fc.uuid() }),
);
const unitRecord: fc.Arbitrary<UnitRecord> = fc.record({
  writer: fc.uuid(),
  sequence: fc.nat(),
  entries: fc.uniqueArray(fc.record({ entry, digest }), { selector: (each) => each.entry }),
  positions: fc
    .option(fc.record({ offset, metadata: fc.string({ maxLength: 20 }) }), { nil: undefined })
    .map((position) => new Map<string, WindowCommit>(position ? [[EVENTS, position]] : [])),
  told: fc.array(
    fc.record({
      offset,
      number: fc.nat(),
      madeAt: fc.nat(),
      isLast: fc.boolean(),
      endpointIds: fc.array(fc.uuid()),
    }),
  ),
  ended: fc.array(fc.record({ offset, endpointId: fc.uuid() })),
});

describe('a record of the ledger', () => {
  it('that a fan-out has written says its entries, with or without digests, and how far it has come', () => {
    fc.assert(
      fc.property(
        fc.dictionary(entry, digest),
        fc.option(next),
        fc.boolean(),
        (byEntry, position, withDigests) => {
          const entries = new Map(Object.entries(byEntry));
          const { value, headers } = encodeLedgerEntries(entries);
          const read = readLedgerRecord(
            aReceivedRecord(value, {
              ...(position === null ? {} : positionHeaders(position)),
              ...(withDigests ? headers : {}),
            }),
          );
          const isPart = typeof position === 'object' && position !== null;
          expect(read).toEqual<FanOutRecord>({
            entries: [...entries].map(([each, its]) => [each, withDigests ? its : null]),
            next: isPart ? position.offset : position,
            begun: isPart ? position : null,
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is read as every release has written it', () => {
    const recorded = readFileSync(RECORDED, 'utf8')
      .trimEnd()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as {
            events: { organizationId: string; id: string }[];
            value: string;
            digests?: string;
            dataDigests?: number[];
          },
      );
    for (const { events, value, digests, dataDigests } of recorded) {
      const headers = digests === undefined ? {} : { digests: Buffer.from(digests, 'hex') };
      const { entries } = readLedgerRecord(
        aReceivedRecord(Buffer.from(value, 'hex'), headers),
      ) as FanOutRecord;
      const wanted = events.map((event, index) => [dedupeEntry(event), dataDigests?.[index] ?? null]);
      expect(entries).toEqual(wanted);
    }
  });

  it('that a unit has written says all of it to a unit, and to a fan-out its entries and the watermark alone', () => {
    fc.assert(
      fc.property(unitRecord, (record) => {
        const { value, headers } = encodeUnitRecord(record, EVENTS);
        const received = aReceivedRecord(value, headers);
        expect(readLedgerRecord(received)).toEqual(record);
        expect(readFanOutRecord(received)).toEqual<FanOutRecord>({
          entries: record.entries.map((each) => [each.entry, each.digest]),
          next: record.positions.get(EVENTS)?.offset ?? null,
          begun: null,
        });
      }),
      { numRuns: 100 },
    );
  });

  it('of a release to come says at least what a fan-out reads of it', () => {
    const written = { writer: randomUUID(), sequence: 3, told: [], ended: [] };
    const { value, headers } = encodeUnitRecord(
      {
        ...written,
        entries: [{ entry: 'e'.repeat(16), digest: 5 }],
        positions: new Map([[EVENTS, { offset: 9n, metadata: '' }]]),
      },
      EVENTS,
    );
    const newer = Buffer.concat([Buffer.from([2]), Buffer.from('of another form')]);
    const read = readLedgerRecord(aReceivedRecord(value, { ...headers, unit: newer }));
    expect(isUnitRecord(read)).toBe(false);
    expect(read).toEqual({ entries: [['e'.repeat(16), 5]], next: 9n, begun: null });
  });

  it('is refused when it is none', () => {
    const wrong = [
      aReceivedRecord(Buffer.from('no entries')),
      aReceivedRecord(Buffer.alloc(0), { 'next-offset': 'no number' }),
      aReceivedRecord(Buffer.alloc(0), { 'next-offset': '9', progress: 'half' }),
      aReceivedRecord(Buffer.alloc(0), { unit: Buffer.from([1, 2, 3]) }),
      { ...aReceivedRecord(Buffer.alloc(0)), unreadable: 'a batch that nobody can read' },
    ];
    for (const each of wrong) expect(() => readLedgerRecord(each)).toThrow();
  });
});
