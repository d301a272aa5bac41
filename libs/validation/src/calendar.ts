/**
 * Whether the day at the beginning of a text (YYYY-MM-DD) is in the calendar: JavaScript reads 30 February as
 * 1 March.
 */
export function isInCalendar(text: string): boolean {
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
}
