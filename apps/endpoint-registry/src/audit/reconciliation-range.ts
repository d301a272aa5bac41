import { InvalidFields } from '@skillora/rest';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So long is the range that a query asks for which says nothing else. */
export const USUAL_RANGE_HOURS = 24;
export const LONGEST_RANGE_DAYS = 31;

/** Acceptances of events between these, both exclusive. */
export interface ReconciliationRange {
  readonly after: Date;
  readonly before: Date;
}

/**
 * The range that a query means: until now, from a day before its end, unless it says otherwise.
 * @throws {InvalidFields} when it ends before it begins, or is too long.
 */
export function reconciliationRange(
  { created_after, created_before }: { created_after?: Date | undefined; created_before?: Date | undefined },
  now: Date,
): ReconciliationRange {
  const before = created_before ?? now;
  const after = created_after ?? new Date(before.getTime() - USUAL_RANGE_HOURS * HOUR_MS);
  if (after >= before) {
    throw new InvalidFields({
      created_after: [
        created_before === undefined ? 'Must be in the past.' : 'Must be earlier than created_before.',
      ],
    });
  }
  if (before.getTime() - after.getTime() > LONGEST_RANGE_DAYS * DAY_MS) {
    throw new InvalidFields({
      created_after: [
        `The range may be ${LONGEST_RANGE_DAYS} days long at most, up to created_before or now: ask for a later beginning.`,
      ],
    });
  }
  return { after, before };
}
