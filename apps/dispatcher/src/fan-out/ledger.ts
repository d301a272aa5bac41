import { createHash } from 'node:crypto';

import type { CanonicalEvent } from '@skillora/contracts';

/** Bytes of one entry: a truncated SHA-256, enough that two events never meet. */
const ENTRY_BYTES = 16;
/** Bytes of one digest of data: of four billion repeats with other data, one passes for the same. */
const DIGEST_BYTES = 4;

/**
 * Which events of a partition have been fanned out: the newest `limit` of them. What it holds is also on the ledger
 * topic, written in the transactions of the deliveries, so that it survives any restart without a database.
 */
export class Ledger {
  /** The digest of each event's data by its entry, in order of insertion, oldest first. */
  private readonly entries = new Map<string, number | null>();

  constructor(private readonly limit = 1_000_000) {}

  get size(): number {
    return this.entries.size;
  }

  has(entry: string): boolean {
    return this.entries.has(entry);
  }

  /**
   * Whether the event of an entry had other data when it was fanned out. False where no digest was recorded: a release
   * before digests wrote the entry.
   */
  hasOtherData(entry: string, digest: number): boolean {
    const known = this.entries.get(entry) ?? null;
    return known !== null && known !== digest;
  }

  /** @param digest what {@link dataDigest} says of the event; null when that is not known. */
  add(entry: string, digest: number | null = null): void {
    this.entries.set(entry, digest);
    if (this.entries.size <= this.limit) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }
}

/** An event's entry. The organisation is part of it: two organisations may use the same source and id. */
export function ledgerEntry(event: Pick<CanonicalEvent, 'organizationId' | 'id'>): string {
  return createHash('sha256')
    .update(`${event.organizationId}/${event.id}`)
    .digest()
    .toString('latin1', 0, ENTRY_BYTES);
}

/** What comes before the data in a body: a name and a time, in which it never occurs. */
const DATA = ',"data":';

/** The data of an event's body, as JSON text, byte for byte. */
export function dataOf(body: string): string {
  const at = body.indexOf(DATA);
  return at === -1 ? body : body.slice(at + DATA.length, -1);
}

/**
 * A digest of what an event says: its type and its data. The event's time is left out, because a producer that sends
 * an event again may give it the time of the repeat. It is a signed number of 32 bits, which needs no memory of its own
 * as the value of a map.
 */
export function dataDigest({ eventType, body }: Pick<CanonicalEvent, 'eventType' | 'body'>): number {
  return createHash('sha256').update(`${eventType}\n`).update(dataOf(body)).digest().readInt32BE(0);
}

/** The digests of one transaction's events, in the order of their entries, as a header of the ledger record. */
export function encodeDigests(digests: readonly number[]): Buffer {
  const bytes = Buffer.alloc(digests.length * DIGEST_BYTES);
  digests.forEach((digest, index) => bytes.writeInt32BE(digest, index * DIGEST_BYTES));
  return bytes;
}

/**
 * Reads {@link encodeDigests} back.
 * @param bytes undefined for a record of a release before digests.
 * @returns a digest for each of `count` entries, null for each where there is none.
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
