import { countdown, fullTime } from './format.js';
import { useNow } from './now.js';

/** How long until a time, by the second. */
export function Countdown({ until }: { readonly until: string }) {
  const left = Date.parse(until) - useNow(500);
  return (
    <time className="countdown" dateTime={until} title={fullTime(until)} role="timer">
      {left <= 0 ? 'now' : countdown(left)}
    </time>
  );
}
