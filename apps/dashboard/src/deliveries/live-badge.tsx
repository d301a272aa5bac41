import { useLive } from '../api/live.js';

/** Whether what is shown keeps itself up to date by the stream, or is looked at again every few seconds. */
export function LiveBadge() {
  const { live } = useLive();
  if (live === 'refused') return null;
  return (
    <span className={`live ${live === 'live' ? 'on' : ''}`} role="status">
      {live === 'live' ? 'Live' : 'Updating every 5 s'}
    </span>
  );
}
