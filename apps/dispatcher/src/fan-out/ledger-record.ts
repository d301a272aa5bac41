import { recordHeaders } from '@skillora/contracts';
import type { ReceivedRecord } from '@skillora/kafka';

import { decodeDigests, decodeEntries, encodeDigests, encodeEntries } from './dedupe-window.js';
import type { FanOutProgress } from './fan-out-part.js';

const LEDGER_SCHEMA = { name: 'webhook.fan-out-ledger', version: 1 };

/** The headers of a ledger record that hold what its value does not. */
export const LedgerHeaders = {
  /** A record that a new owner writes to find the end of its predecessors' ledger. */
  takeover: 'takeover',
  /** The offset in the events' partition that follows the events of this record. */
  nextOffset: 'next-offset',
  /** The progress of the event at the next offset, as `parts/last endpoint id`. */
  progress: 'progress',
  /** The digests of the events' data. Older releases do not read it. */
  digests: 'digests',
} as const;

/** The headers that say which schema a ledger record has. */
export function ledgerSchemaHeaders(): Record<string, string> {
  return recordHeaders(LEDGER_SCHEMA);
}

/** What a ledger record of the fan-out says. */
export interface FanOutRecord {
  /** The entries of its events in the dedupe window; a digest is null when an older release wrote the record. */
  readonly entries: readonly (readonly [entry: string, digest: number | null])[];
  /** Where to continue in the events; null when the record does not hold it. */
  readonly next: bigint | null;
  /** The progress of the event at `next`; null when the event has not been begun. */
  readonly begun: FanOutProgress | null;
}

/** The value of a ledger record, and its header with the digests. */
export function encodeLedgerEntries(entries: ReadonlyMap<string, number>): {
  readonly value: Buffer;
  readonly headers: Readonly<Record<typeof LedgerHeaders.digests, Buffer>>;
} {
  return {
    value: encodeEntries([...entries.keys()]),
    headers: { [LedgerHeaders.digests]: encodeDigests([...entries.values()]) },
  };
}

/** The headers of a position to continue from: at an offset, or in the middle of an event. */
export function positionHeaders(next: bigint | FanOutProgress): Record<string, string> {
  if (typeof next === 'bigint') return { [LedgerHeaders.nextOffset]: String(next) };
  const { offset, parts, lastEndpointId } = next;
  return {
    [LedgerHeaders.nextOffset]: String(offset),
    [LedgerHeaders.progress]: `${parts}/${lastEndpointId}`,
  };
}

/**
 * Reads a ledger record as the fan-out writes it. What else the record has is ignored.
 * @throws {Error} when the record is not a valid ledger record.
 */
export function readFanOutRecord({
  headers,
  rawHeaders,
  value,
  unreadable,
}: Pick<ReceivedRecord, 'headers' | 'rawHeaders' | 'value' | 'unreadable'>): FanOutRecord {
  if (unreadable !== undefined) throw new Error(unreadable);
  const next = headers[LedgerHeaders.nextOffset];
  if (next !== undefined && !/^\d{1,19}$/.test(next)) {
    throw new RangeError(`${LedgerHeaders.nextOffset} is no offset`);
  }
  const entries = value ? decodeEntries(value) : [];
  const header = rawHeaders[LedgerHeaders.digests];
  const digests = decodeDigests(Buffer.isBuffer(header) ? header : undefined, entries.length);
  const offset = next === undefined ? null : BigInt(next);
  return {
    entries: entries.map((entry, index) => [entry, digests[index] ?? null]),
    next: offset,
    begun: offset === null ? null : readProgress(offset, headers[LedgerHeaders.progress]),
  };
}

function readProgress(offset: bigint, header: string | undefined): FanOutProgress | null {
  if (header === undefined) return null;
  const [, parts = '', lastEndpointId = ''] = /^(\d{1,9})\/([0-9a-f-]{36})$/.exec(header) ?? [];
  if (parts === '') throw new RangeError(`${LedgerHeaders.progress} is not parts/endpoint`);
  return { offset, parts: Number(parts), lastEndpointId };
}
