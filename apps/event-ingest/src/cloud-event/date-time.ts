import { isInCalendar } from '@skillora/validation';

const DATE_TIME =
  /^\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads an RFC 3339 date-time into ms since the epoch; smaller units are cut off. Null for anything else, for
 * days that are not in the calendar, and for times outside the years 1 to 9999 in UTC. Leap seconds are not
 * accepted.
 */
export function parseDateTime(text: string): number | null {
  if (!DATE_TIME.test(text) || !isInCalendar(text)) return null;
  const time = Date.parse(text.toUpperCase().replace(' ', 'T'));
  return time >= FIRST && time <= LAST ? time : null;
}

const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');
