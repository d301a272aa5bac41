import { InvalidFieldsException } from '@skillora/rest';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The length of the default range. */
export const USUAL_RANGE_HOURS = 24;
export const LONGEST_RANGE_DAYS = 31;

/** A range of acceptance times, both ends exclusive. */
export interface ReconciliationRange {
  readonly after: Date;
  readonly before: Date;
}

/**
 * The range of a query. By default it ends now, and it begins a day before its end.
 * @throws {InvalidFieldsException} when it ends before it begins, or is too long.
 */
export function reconciliationRange(
  { created_after, created_before }: { created_after?: Date | undefined; created_before?: Date | undefined },
  now: Date,
): ReconciliationRange {
  const before = created_before ?? now;
  const after = created_after ?? new Date(before.getTime() - USUAL_RANGE_HOURS * HOUR_MS);
  if (after >= before) {
    throw new InvalidFieldsException({
      created_after: [
        created_before === undefined ? 'Must be in the past.' : 'Must be earlier than created_before.',
      ],
    });
  }
  if (before.getTime() - after.getTime() > LONGEST_RANGE_DAYS * DAY_MS) {
    throw new InvalidFieldsException({
      created_after: [
        `The range may be ${LONGEST_RANGE_DAYS} days long at most, up to created_before or now: ask for a later beginning.`,
      ],
    });
  }
  return { after, before };
}
