import { ago, fullTime, shortTime } from './format.js';
import { useNow } from './now.js';

/** A time for people; the full time is shown on hover. */
export function Time({ at, relative = false }: { readonly at: string; readonly relative?: boolean }) {
  const now = useNow(15_000);
  return (
    <time dateTime={at} title={fullTime(at)}>
      {relative ? ago(at, now) : shortTime(at, now)}
    </time>
  );
}
