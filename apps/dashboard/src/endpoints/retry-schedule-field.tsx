import { useId } from 'react';

import { RETRY_SCHEDULE_TEXTS, retryScheduleName } from './retry-schedule-names.js';

/** Chooses when failed deliveries to an endpoint are tried again. */
export function RetryScheduleField({
  value,
  change,
  problem,
}: {
  readonly value: string;
  readonly change: (schedule: string) => void;
  readonly problem: string | undefined;
}) {
  const id = useId();
  // A schedule that this page does not know stays, unless another one is chosen.
  const choices = [...new Set([...Object.keys(RETRY_SCHEDULE_TEXTS), value])];
  return (
    <div className="field">
      <label htmlFor={id}>Retries</label>
      <select
        id={id}
        value={value}
        onChange={({ target }) => change(target.value)}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-hint ${id}-problem`}
      >
        {choices.map((schedule) => (
          <option key={schedule} value={schedule}>
            {retryScheduleName(schedule)}
          </option>
        ))}
      </select>
      <p className="hint" id={`${id}-hint`} aria-live="polite">
        {RETRY_SCHEDULE_TEXTS[value]?.hint} A change applies to later failures; a scheduled retry keeps its
        time.
      </p>
      <p className="problem" id={`${id}-problem`} role="alert">
        {problem}
      </p>
    </div>
  );
}
