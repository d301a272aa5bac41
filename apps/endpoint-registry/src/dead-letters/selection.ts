import type { DeadLetter, Place } from './dead-letter.js';
import { namedEvent } from './named-event.js';

/** Which dead letters are meant; what is absent does not restrict. */
export interface Selection {
  /** Any of these. */
  readonly reasons?: readonly string[] | undefined;
  /** Refused at this time or later. */
  readonly since?: Date | undefined;
  /** Refused before this time. */
  readonly until?: Date | undefined;
  readonly organizationId?: string | undefined;
  /** Only letters behind this one, in the order in which they are read: by partition, then by offset. */
  readonly after?: Place | undefined;
}

/** Whether a dead letter is one of those meant. */
export function isSelected(letter: DeadLetter, selection: Selection): boolean {
  const { reasons, since, until, organizationId, after } = selection;
  if (reasons && !reasons.includes(letter.refusal?.reason ?? '')) return false;
  if (since && letter.refusedAt < since.getTime()) return false;
  if (until && letter.refusedAt >= until.getTime()) return false;
  if (after && !isBehind(letter, after)) return false;
  return organizationId === undefined || namedEvent(letter).organizationId === organizationId;
}

function isBehind(letter: Place, other: Place): boolean {
  return letter.partition === other.partition
    ? letter.offset > other.offset
    : letter.partition > other.partition;
}
