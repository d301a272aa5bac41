/** The longest delay a receiver can ask for, ms. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** `Sun, 06 Nov 1994 08:49:37 GMT`, the form that senders must use (RFC 9110, 5.6.7). */
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sunday, 06-Nov-94 08:49:37 GMT`, obsolete, but readers must accept it. */
const RFC_850_DATE = /^[A-Z][a-z]+day, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sun Nov 6 08:49:37 1994`, obsolete, but readers must accept it. */
const ASCTIME_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * The delay that a receiver asks for with `Retry-After` (RFC 9110, 10.2.3): seconds, or an HTTP date, counted
 * from `now`. In ms, from 0 to {@link MAX_RETRY_AFTER_MS}; null when there is no value or it is neither. No
 * standard covers a repeated header; then the longest delay counts.
 */
export function retryAfterMs(value: string | readonly string[] | undefined, now: Date): number | null {
  const delays = [value ?? []]
    .flat()
    .map((text) => delayMs(text.trim(), now))
    .filter((ms) => ms !== null);
  return delays.length === 0 ? null : Math.max(...delays);
}

function delayMs(text: string, now: Date): number | null {
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : httpDate(text, now) - now.getTime();
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** The time an HTTP date names, in ms since the epoch, or NaN. */
function httpDate(text: string, now: Date): number {
  const fixdate = IMF_FIXDATE.exec(text);
  if (fixdate) {
    const [, day, month, year, ...time] = fixdate;
    return utc(Number(year), month, day, time);
  }
  const rfc850 = RFC_850_DATE.exec(text);
  if (rfc850) {
    const [, day, month, shortYear, ...time] = rfc850;
    return utc(fullYear(Number(shortYear), now), month, day, time);
  }
  const asctime = ASCTIME_DATE.exec(text);
  if (asctime) {
    const [, month, day, hours, minutes, seconds, year] = asctime;
    return utc(Number(year), month, day, [hours, minutes, seconds]);
  }
  return NaN;
}

/**
 * Two digits that would be more than 50 years ahead mean the last such year in the past (RFC 9110, 5.6.7).
 */
function fullYear(shortYear: number, now: Date): number {
  const year = now.getUTCFullYear() - (now.getUTCFullYear() % 100) + shortYear;
  return year > now.getUTCFullYear() + 50 ? year - 100 : year;
}

function utc(
  year: number,
  monthName: string | undefined,
  day: string | undefined,
  time: readonly (string | undefined)[],
): number {
  const month = MONTHS.indexOf(monthName ?? '');
  const [hours = NaN, minutes = NaN, seconds = NaN] = time.map(Number);
  // A second of 60 is a leap second, which the grammar allows; Date moves it into the next minute.
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return NaN;
  const ms = Date.UTC(year, month, Number(day), hours, minutes, seconds);
  return new Date(Date.UTC(year, month, Number(day))).getUTCDate() === Number(day) ? ms : NaN;
}
