const DATE = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });
const TIME = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
const FULL = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'long' });
const NUMBER = new Intl.NumberFormat('en');

/** A time of day, with the date in front unless it is today. */
export function shortTime(iso: string, now: number): string {
  const time = new Date(iso);
  const today = time.toDateString() === new Date(now).toDateString();
  return today ? TIME.format(time) : `${DATE.format(time)}, ${TIME.format(time)}`;
}

export function fullTime(iso: string): string {
  return FULL.format(new Date(iso));
}

/** A time as a field of the browser has it, in the visitor's time zone; empty for a text that is no time. */
export function fieldTime(iso: string): string {
  const time = new Date(iso);
  if (iso === '' || Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A duration. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** How long until something happens, to the second; never negative. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** How long ago, in one suitable unit. */
export function ago(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1_000));
  if (seconds < 60) return 'just now';
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

export function count(value: number): string {
  return NUMBER.format(value);
}

/** A share, with decimals where they matter: 99.96 % is not all. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  if (percent === 0 || percent === 100) return `${percent}%`;
  return `${Math.min(99.9, Math.max(0.1, percent)).toFixed(1)}%`;
}

/** A URL without the parts that every URL has. */
export function shortUrl(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}
