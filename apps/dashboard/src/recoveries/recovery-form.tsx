import { type SyntheticEvent, useId, useState } from 'react';

import { Problem } from '../api/problem.js';
import { Button } from '../parts/button.js';
import { fieldTime } from '../parts/format.js';
import { recoveredName } from './recovery-names.js';
import { RECOVERED, type Recovered, useRecover } from './recovery-queries.js';

const DAY_MS = 86_400_000;

/** A field's time for the API; a text that is no time is sent as it is, and the API says so. */
function isoTime(local: string): string {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? local : time.toISOString();
}

/** Asks what to recover, and begins it or only counts. The API validates the input, and its messages appear at the fields. */
export function RecoveryForm({
  endpointId,
  initialSince,
  begun,
  cancel,
}: {
  readonly endpointId: string;
  /** ISO 8601; a day ago if it is absent. */
  readonly initialSince?: string;
  readonly begun: () => void;
  readonly cancel: () => void;
}) {
  const id = useId();
  const recover = useRecover(endpointId);
  const [what, setWhat] = useState<Recovered>('undelivered');
  const [since, setSince] = useState(() =>
    fieldTime(initialSince ?? new Date(Date.now() - DAY_MS).toISOString()),
  );
  const [until, setUntil] = useState('');
  const [rate, setRate] = useState('');
  const fields = recover.error instanceof Problem ? recover.error.fields : {};
  const general =
    recover.error && Object.keys(fields).length === 0 ? recover.error.message : fields['non_field_errors'];

  const begin = (dry_run: boolean) =>
    recover.mutate(
      {
        ...{ what, since: isoTime(since), until: until === '' ? null : isoTime(until), dry_run },
        rate: rate === '' ? null : Number(rate),
      },
      { onSuccess: begun },
    );
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    begin(false);
  };
  const problem = (field: string) => (
    <p className="problem" id={`${id}-${field}-problem`} role="alert">
      {fields[field]}
    </p>
  );
  const describe = (field: string) => ({
    id: `${id}-${field}`,
    'aria-invalid': fields[field] !== undefined,
    'aria-describedby': `${id}-${field}-problem`,
  });

  return (
    <form className="form" onSubmit={submit} noValidate>
      <div className="field">
        <label htmlFor={`${id}-what`}>What to send</label>
        <select
          {...describe('what')}
          value={what}
          onChange={({ target }) => setWhat(target.value as Recovered)}
        >
          {RECOVERED.map((each) => (
            <option key={each} value={each}>
              {recoveredName(each)}
            </option>
          ))}
        </select>
        {problem('what')}
      </div>
      <div className="field">
        <label htmlFor={`${id}-since`}>Events accepted from</label>
        <input
          {...describe('since')}
          type="datetime-local"
          value={since}
          onChange={({ target }) => setSince(target.value)}
          required
        />
        {problem('since')}
      </div>
      <div className="field">
        <label htmlFor={`${id}-until`}>
          Until <span className="muted">(optional; until now)</span>
        </label>
        <input
          {...describe('until')}
          type="datetime-local"
          value={until}
          onChange={({ target }) => setUntil(target.value)}
        />
        {problem('until')}
      </div>
      <div className="field">
        <label htmlFor={`${id}-rate`}>
          Deliveries a second <span className="muted">(optional; as fast as the server answers)</span>
        </label>
        <input
          {...describe('rate')}
          type="number"
          min={1}
          max={1_000}
          value={rate}
          onChange={({ target }) => setRate(target.value)}
        />
        {problem('rate')}
      </div>
      <p className="problem" role="alert">
        {general}
      </p>
      <div className="dialog-actions">
        <Button onClick={cancel}>Cancel</Button>
        <Button onClick={() => begin(true)} disabled={recover.isPending}>
          Only count
        </Button>
        <Button type="submit" variant="primary" busy={recover.isPending}>
          Start recovery
        </Button>
      </div>
    </form>
  );
}
