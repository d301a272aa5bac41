import { useLive } from '../api/live.js';

/** Shows whether the stream keeps the page up to date, or the page is read again every few seconds. */
export function LiveBadge() {
  const { live } = useLive();
  if (live === 'refused') return null;
  return (
    <span className={`live ${live === 'live' ? 'on' : ''}`} role="status">
      {live === 'live' ? 'Live' : 'Updating every 5 s'}
    </span>
  );
}
