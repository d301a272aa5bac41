import type { ReceivedRecord } from '@skillora/kafka';

import { type FanOutRecord, LedgerHeaders, readFanOutRecord } from '../fan-out/ledger-record.js';
import { decodeUnitRecord, isOfNewerVersion, UNIT_HEADER } from './unit-record-codec.js';
import type { UnitRecord } from './unit-record.js';

/** A record of the ledger: of a unit, or of a fan-out. */
export type LedgerRecord = UnitRecord | FanOutRecord;

/** Whether a unit has written a record. */
export function isUnitRecord(record: LedgerRecord): record is UnitRecord {
  return 'writer' in record;
}

/**
 * Reads a record of the ledger. Of a record that a newer release has written, it reads what the fan-out reads of each:
 * the entries and the watermark.
 * @throws {Error} when the record is not a valid ledger record.
 */
export function readLedgerRecord(
  received: Pick<ReceivedRecord, 'headers' | 'rawHeaders' | 'value' | 'unreadable'>,
): LedgerRecord {
  const { rawHeaders, value } = received;
  const unit = rawHeaders[UNIT_HEADER];
  if (!Buffer.isBuffer(unit) || isOfNewerVersion(unit)) return readFanOutRecord(received);
  const digests = rawHeaders[LedgerHeaders.digests];
  return decodeUnitRecord({
    value: value ?? Buffer.alloc(0),
    headers: { [UNIT_HEADER]: unit, ...(Buffer.isBuffer(digests) && { [LedgerHeaders.digests]: digests }) },
  });
}
