import { createHash } from 'node:crypto';

import type { CanonicalEvent } from '@skillora/contracts';

/** Bytes of one entry: a truncated SHA-256, enough that two events never meet. */
const ENTRY_BYTES = 16;

/**
 * Which events of a partition have been fanned out: the newest `limit` of them. What it holds is also on the ledger
 * topic, written in the transactions of the deliveries, so that it survives any restart without a database.
 */
export class Ledger {
  /** In order of insertion, oldest first. */
  private readonly entries = new Set<string>();

  constructor(private readonly limit = 1_000_000) {}

  get size(): number {
    return this.entries.size;
  }

  has(entry: string): boolean {
    return this.entries.has(entry);
  }

  add(entry: string): void {
    this.entries.add(entry);
    if (this.entries.size <= this.limit) return;
    const [oldest] = this.entries;
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}

/** An event's entry. The organisation is part of it: two organisations may use the same source and id. */
export function ledgerEntry(event: Pick<CanonicalEvent, 'organizationId' | 'id'>): string {
  return createHash('sha256')
    .update(`${event.organizationId}/${event.id}`)
    .digest()
    .toString('latin1', 0, ENTRY_BYTES);
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
