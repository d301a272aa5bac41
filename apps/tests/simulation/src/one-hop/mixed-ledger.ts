import {
  decodeUnitRecord,
  isUnitRecord,
  type LedgerRecord,
  markOf,
  type UnitRecord,
} from '@skillora/dispatcher/simulation-exports';

import type { ModelRecord } from '../model-kafka.js';
import { isOfUnit, ledgerRecordOf } from '../records.js';

/** A record of the ledger as a unit reads it, whichever release wrote it. */
export function readLedgerRecord({ value }: ModelRecord): LedgerRecord {
  if (isOfUnit(value)) return decodeUnitRecord(value);
  const { entries, progress, next } = ledgerRecordOf(value);
  return { entries: entries.map((entry) => [entry, null] as const), next, begun: progress };
}

/** A record of the ledger as one of a unit: a fan-out is another writer, whatever it has written. */
export function asOfUnit(record: LedgerRecord): UnitRecord {
  return isUnitRecord(record) ? record : markOf('fan-out');
}
