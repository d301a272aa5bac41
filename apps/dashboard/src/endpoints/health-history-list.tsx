import { Link } from 'wouter';

import { NOTICES_OF_A_TYPE, useNoticeEvents } from '../api/queries.js';
import { Failed, LoadingRows } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { noticesAbout } from './health-history.js';

/** What notices have said about the health of an endpoint. */
export function HealthHistory({ id }: { readonly id: string }) {
  const events = useNoticeEvents();
  if (events.error) return <Failed error={events.error} retry={() => void events.refetch()} />;
  if (!events.data) return <LoadingRows rows={1} what="the history of its health" />;
  const notices = noticesAbout(id, events.data);
  if (notices.length === 0) {
    return (
      <p className="card muted health-none">
        No notice says that this endpoint was failing. Only the newest {NOTICES_OF_A_TYPE} notices of each
        kind in your organisation are searched.
      </p>
    );
  }
  return (
    <ul className="rows" aria-label="History of its health">
      {notices.map((notice) => (
        <li key={notice.id}>
          <Link href={`/events/${notice.id}`} className="row history-row">
            <span className="row-main">
              {notice.text}
              {notice.failingSince !== null && (
                <small className="muted">
                  Failing since <Time at={notice.failingSince} />
                </small>
              )}
            </span>
            <span className="row-time">
              <Time at={notice.at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
