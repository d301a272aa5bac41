import type { Delivery } from '../api/types.js';
import { Countdown } from '../parts/countdown.js';
import { Time } from '../parts/time.js';
import { AttemptAnswer } from './attempt-answer.js';

/** Why a delivery ended without a further attempt, by its error. */
const ENDED_WITHOUT_ATTEMPT: Readonly<Partial<Record<string, string>>> = {
  endpoint_deleted: 'The endpoint was deleted.',
  endpoint_inactive: 'The endpoint was paused.',
  event_gone: 'The event is no longer kept.',
};

/** All attempts in order, and the next one. Each has a button that shows its request. */
export function Timeline({
  delivery: { attempts, attempt_count, next_retry_at, status, error },
  shown,
  show,
}: {
  readonly delivery: Delivery;
  /** The number of the attempt whose request is shown as it was sent; null for none. */
  readonly shown: number | null;
  readonly show: (attempt: number | null) => void;
}) {
  const endedBecause = status === 'failed' ? ENDED_WITHOUT_ATTEMPT[error ?? ''] : undefined;
  const earlier = attempt_count - attempts.length;
  return (
    <ol className="timeline">
      {earlier > 0 && (
        <li>
          <p className="timeline-head">
            <span>
              {earlier === 1 ? '1 earlier attempt is' : `${earlier} earlier attempts are`} not shown
            </span>
          </p>
        </li>
      )}
      {attempts.map((attempt) => (
        <li key={attempt.number} className={attempt.error === null ? 'good' : 'bad'}>
          <p className="timeline-head">
            <b>Attempt {attempt.number}</b>
            {attempt.trigger === 'manual' && <span className="tag">by hand</span>}
            <Time at={attempt.started_at} />
            <button
              type="button"
              className="link-button"
              aria-pressed={shown === attempt.number}
              aria-label={`Show the request of attempt ${attempt.number} as it was sent`}
              onClick={() => show(shown === attempt.number ? null : attempt.number)}
            >
              Request
            </button>
          </p>
          <AttemptAnswer attempt={attempt} />
        </li>
      ))}
      {status === 'pending' && (
        <li className="coming">
          <p className="timeline-head">
            <b>{attempts.length === 0 ? 'First attempt' : 'Next attempt'}</b> <span>under way</span>
          </p>
        </li>
      )}
      {next_retry_at !== null && (
        <li className="coming">
          <p className="timeline-head">
            <b>Attempt {Math.max(attempt_count, attempts.at(-1)?.number ?? 0) + 1}</b>
            <span>
              in <Countdown until={next_retry_at} />
            </span>
          </p>
        </li>
      )}
      {endedBecause !== undefined && (
        <li className="bad">
          <p className="timeline-head">
            <b>Ended</b> <span>{endedBecause}</span>
          </p>
        </li>
      )}
    </ol>
  );
}
