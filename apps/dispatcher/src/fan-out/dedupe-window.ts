import { hash } from 'node:crypto';

import type { CanonicalEvent } from '@skillora/contracts';

import { DedupeTable } from './dedupe-table.js';

/** The size of one entry, bytes: a truncated SHA-256, long enough that two events never share an entry. */
const ENTRY_BYTES = 16;
/** The size of one digest, bytes: one in four billion repeats with other data passes for the same data. */
const DIGEST_BYTES = 4;

/**
 * Remembers which events of a partition have been fanned out: the newest `limit` of them. The ledger topic
 * holds the same entries, written in the transactions of the deliveries. So the memory survives a restart
 * without a database.
 */
export class DedupeWindow {
  private readonly table: DedupeTable;

  constructor(limit = 1_000_000) {
    this.table = new DedupeTable(limit);
  }

  get size(): number {
    return this.table.size;
  }

  has(entry: string): boolean {
    return this.table.has(entry);
  }

  /**
   * Whether the event of an entry had other data when it was fanned out. False when no digest was recorded,
   * because an older release wrote the entry.
   */
  hasOtherData(entry: string, digest: number): boolean {
    const known = this.table.digestOf(entry) ?? null;
    return known !== null && known !== digest;
  }

  /** @param digest the result of {@link dataDigest}; null when it is not known. */
  add(entry: string, digest: number | null = null): void {
    this.table.set(entry, digest);
  }
}

/**
 * An event's entry. It includes the organisation, because two organisations may use the same source and id.
 */
export function dedupeEntry(event: Pick<CanonicalEvent, 'organizationId' | 'id'>): string {
  return hash('sha256', `${event.organizationId}/${event.id}`, 'binary').slice(0, ENTRY_BYTES);
}

/** The text before the data in a body: a name and a time, in which this text never occurs. */
const DATA = ',"data":';

/** The data of an event's body, as JSON text, byte for byte. */
export function dataOf(body: string): string {
  const at = body.indexOf(DATA);
  return at === -1 ? body : body.slice(at + DATA.length, -1);
}

/**
 * A digest of an event's type and data. The time is left out, because a producer that repeats an event may
 * give it a new time. The digest is a signed 32-bit number.
 */
export function dataDigest({ eventType, body }: Pick<CanonicalEvent, 'eventType' | 'body'>): number {
  return hash('sha256', `${eventType}\n${dataOf(body)}`, 'buffer').readInt32BE(0);
}

/**
 * The digests of one transaction's events, in the order of their entries, as a header of the ledger record.
 */
export function encodeDigests(digests: readonly number[]): Buffer {
  const bytes = Buffer.alloc(digests.length * DIGEST_BYTES);
  digests.forEach((digest, index) => bytes.writeInt32BE(digest, index * DIGEST_BYTES));
  return bytes;
}

/**
 * Reads the result of {@link encodeDigests}.
 * @param bytes undefined for a record of an older release.
 * @returns a digest for each of `count` entries; null for each when there are none.
 */
export function decodeDigests(bytes: Buffer | undefined, count: number): (number | null)[] {
  const isWhole = bytes?.length === count * DIGEST_BYTES;
  return Array.from({ length: count }, (_, index) =>
    isWhole ? bytes.readInt32BE(index * DIGEST_BYTES) : null,
  );
}

/** The entries of one transaction as the value of one ledger record. */
export function encodeEntries(entries: readonly string[]): Buffer {
  return Buffer.from(entries.join(''), 'latin1');
}

/** @throws {RangeError} when the bytes are not whole entries. */
export function decodeEntries(value: Buffer): string[] {
  if (value.length % ENTRY_BYTES !== 0) throw new RangeError('a ledger record does not hold whole entries');
  const entries: string[] = [];
  for (let at = 0; at < value.length; at += ENTRY_BYTES) {
    entries.push(value.toString('latin1', at, at + ENTRY_BYTES));
  }
  return entries;
}
