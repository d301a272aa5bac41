import { isRecordFault } from '@skillora/kafka';

import type { Verdict } from './takeover.js';
import type { UnitPorts, UnitRules } from './unit-ports.js';
import type { UnitRecord } from './unit-record.js';
import type { UnitTransaction } from './unit-transaction.js';

/** How long a unit waits before it takes its transactional id over again, if that failed, ms. */
const REST_MS = 1_000;

type Surroundings<W> = Pick<UnitPorts<{ readonly offset: bigint }, W>, 'write' | 'reopen' | 'clock'>;

/** Kafka will never take a transaction, and it is not written: its content may be divided, or replaced. */
export class Refused {
  constructor(readonly error: unknown) {}
}

/**
 * Writes a transaction until the ledger says that it is written, with the same content each time. Nothing is matched
 * again, whatever becomes of it: its deliveries have been made.
 * @param isStopped whether the unit was given up meanwhile.
 * @returns `lost` when another owner has the unit, or it was given up.
 */
export async function writeFrozen<W>(
  record: UnitRecord,
  transaction: UnitTransaction<W>,
  ports: Surroundings<W>,
  rules: Pick<UnitRules, 'verdictOf'>,
  isStopped: () => boolean,
): Promise<'written' | 'lost' | Refused> {
  for (;;) {
    const failure = await ports.write(record, transaction).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (isStopped()) return 'lost';
    if (failure === null) return 'written';
    const verdict = await verdictIn(record, ports, rules, isStopped);
    if (isStopped() || verdict === 'lost') return 'lost';
    if (verdict === 'written') return 'written';
    if (isRecordFault(failure.error)) return new Refused(failure.error);
  }
}

async function verdictIn(
  record: UnitRecord,
  ports: Pick<Surroundings<never>, 'reopen' | 'clock'>,
  rules: Pick<UnitRules, 'verdictOf'>,
  isStopped: () => boolean,
): Promise<Verdict> {
  while (!isStopped()) {
    try {
      const tail = await ports.reopen();
      return tail === null ? 'lost' : rules.verdictOf(tail, record);
    } catch {
      await new Promise<void>((resolve) => ports.clock.after(REST_MS, resolve));
    }
  }
  return 'lost';
}
