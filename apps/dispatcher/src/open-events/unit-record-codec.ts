import type { WindowCommit } from '@skillora/kafka';

import { decodeDigests, decodeEntries, encodeDigests, encodeEntries } from '../fan-out/dedupe-window.js';
import { LedgerHeaders } from '../fan-out/ledger-record.js';
import { ByteReader, ByteWriter } from './bytes.js';
import type { LedgerSlice, UnitRecord } from './unit-record.js';

/** Header: all that dispatchers of today do not know. */
export const UNIT_HEADER = 'unit';
const VERSION = 1;

/** A ledger record as bytes: its value and its headers. */
export interface LedgerBytes {
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, Buffer | string>>;
}

/**
 * A ledger record as it is written: the entries are the value, so that a dispatcher with two hops recognises all
 * events that are closed, and reads on at the watermark. See `docs/decisions/36`.
 * @param events the topic of the events.
 */
export function encodeUnitRecord(record: UnitRecord, events: string): LedgerBytes {
  const { writer, sequence, entries, positions, told, ended } = record;
  const bytes = new ByteWriter();
  bytes.number(VERSION, 1).uuid(writer).number(sequence, 8);
  bytes.number(positions.size, 2);
  for (const [topic, { offset, metadata }] of positions)
    bytes.text(topic, 1).offset(offset).text(metadata, 4);
  bytes.number(told.length, 4);
  for (const { offset, number, madeAt, isLast, endpointIds } of told) {
    bytes
      .offset(offset)
      .number(number, 4)
      .number(madeAt, 6)
      .number(isLast ? 1 : 0, 1);
    bytes.number(endpointIds.length, 4);
    for (const id of endpointIds) bytes.uuid(id);
  }
  bytes.number(ended.length, 4);
  for (const { offset, endpointId } of ended) bytes.offset(offset).uuid(endpointId);
  const watermark = positions.get(events)?.offset;
  return {
    value: encodeEntries(entries.map(({ entry }) => entry)),
    headers: {
      [LedgerHeaders.digests]: encodeDigests(entries.map(({ digest }) => digest)),
      ...(watermark === undefined ? {} : { [LedgerHeaders.nextOffset]: String(watermark) }),
      [UNIT_HEADER]: bytes.done(),
    },
  };
}

/** Whether the header of a unit's record is of a release to come. */
export function isOfNewerVersion(header: Buffer): boolean {
  return header.length > 0 && header.readUInt8(0) > VERSION;
}

/**
 * Reads the result of {@link encodeUnitRecord}.
 * @throws {RangeError} when the bytes are not such a record, or one of a newer version.
 */
export function decodeUnitRecord({ value, headers }: LedgerBytes): UnitRecord {
  const header = headers[UNIT_HEADER];
  if (!Buffer.isBuffer(header)) throw new RangeError('a ledger record of no unit');
  const bytes = new ByteReader(header);
  const version = bytes.number(1);
  if (version !== VERSION) throw new RangeError(`a ledger record of version ${version}`);
  const writer = bytes.uuid();
  const sequence = bytes.number(8);
  const positions = new Map<string, WindowCommit>(
    bytes.list(2, () => [bytes.text(1), { offset: bytes.offset(), metadata: bytes.text(4) }] as const),
  );
  const told = bytes.list(4, (): LedgerSlice => ({
    offset: bytes.offset(),
    number: bytes.number(4),
    madeAt: bytes.number(6),
    isLast: bytes.number(1) === 1,
    endpointIds: bytes.list(4, () => bytes.uuid()),
  }));
  const ended = bytes.list(4, () => ({ offset: bytes.offset(), endpointId: bytes.uuid() }));
  bytes.end();
  const digests = headers[LedgerHeaders.digests];
  const known = decodeEntries(value);
  const digestOf = decodeDigests(Buffer.isBuffer(digests) ? digests : undefined, known.length);
  const entries = known.map((entry, index) => {
    const digest = digestOf[index] ?? null;
    if (digest === null) throw new RangeError('a ledger record without digests');
    return { entry, digest };
  });
  return {
    writer,
    sequence,
    entries,
    positions,
    told,
    ended,
  };
}
