import { type SyntheticEvent, useId, useState } from 'react';

import { Problem } from '../api/problem.js';
import { useSaveEndpoint } from '../api/queries.js';
import { type Endpoint, EVENT_TYPES, type EventType, NOTICE_TYPES, type ShownSecret } from '../api/types.js';
import { Button } from '../parts/button.js';
import { AuthenticationField } from './authentication-field.js';
import { authenticationChange, type AuthenticationEdits, headersChange, NO_EDITS } from './credentials.js';
import { eventTypeName } from './event-type-names.js';
import { HeadersField } from './headers-field.js';
import { RetryScheduleField } from './retry-schedule-field.js';
import { FilterField } from './filter-field.js';
import { filterText, readFilterText } from './filter-text.js';

const NO_AUTHENTICATION = { type: 'none' } as const;

/** Creates or changes an endpoint. The API validates the input, and its messages appear at the fields. */
export function EndpointForm({
  endpoint,
  saved,
  cancel,
}: {
  readonly endpoint: Endpoint | null;
  readonly saved: (endpoint: Endpoint | (Endpoint & ShownSecret)) => void;
  readonly cancel: () => void;
}) {
  const id = useId();
  const save = useSaveEndpoint(endpoint?.id ?? null);
  const [url, setUrl] = useState(endpoint?.url ?? '');
  const [description, setDescription] = useState(endpoint?.description ?? '');
  const [events, setEvents] = useState<readonly EventType[]>(endpoint?.events ?? EVENT_TYPES);
  const savedSchedule = endpoint?.retry_schedule ?? 'standard';
  const [schedule, setSchedule] = useState(savedSchedule);
  const [rateLimit, setRateLimit] = useState(String(endpoint?.rate_limit ?? ''));
  const [secret, setSecret] = useState('');
  const [headers, setHeaders] = useState(NO_EDITS);
  const authentication = endpoint?.authentication ?? NO_AUTHENTICATION;
  const [credentials, setCredentials] = useState(authentication as AuthenticationEdits);
  const savedFilter = filterText(endpoint?.filter ?? null);
  const [filter, setFilter] = useState(savedFilter);
  const fields = save.error instanceof Problem ? save.error.fields : {};
  const general =
    save.error && Object.keys(fields).length === 0 ? save.error.message : fields['non_field_errors'];

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const newHeaders = headersChange(headers);
    const newAuthentication = authenticationChange(authentication, credentials);
    const written = readFilterText(filter);
    // The field says what is wrong.
    if ('problem' in written) return;
    save.mutate(
      {
        ...(filter === savedFilter ? {} : { filter: written.filter }),
        ...(newHeaders && { headers: newHeaders }),
        ...(newAuthentication && { authentication: newAuthentication }),
        ...(schedule === savedSchedule ? {} : { retry_schedule: schedule }),
        ...{ url, description, events, rate_limit: limitOf(rateLimit) },
        ...(secret === '' ? {} : { secret }),
      },
      { onSuccess: (made) => saved(made) },
    );
  };
  const toggle = (type: EventType) =>
    setEvents((chosen) =>
      chosen.includes(type) ? chosen.filter((each) => each !== type) : [...chosen, type],
    );

  return (
    <form className="form" onSubmit={submit} noValidate>
      <div className="field">
        <label htmlFor={`${id}-url`}>URL</label>
        <input
          id={`${id}-url`}
          type="url"
          inputMode="url"
          placeholder="https://your-domain.com/webhooks/skillora"
          value={url}
          onChange={({ target }) => setUrl(target.value)}
          aria-invalid={fields['url'] !== undefined}
          aria-describedby={`${id}-url-problem`}
          required
        />
        <p className="problem" id={`${id}-url-problem`} role="alert">
          {fields['url']}
        </p>
      </div>
      <fieldset className="field" aria-describedby={`${id}-events-problem`}>
        <legend>Events</legend>
        <EventChoices types={EVENT_TYPES} chosen={events} toggle={toggle} />
        <p className="hint" id={`${id}-notices-hint`}>
          Notices about the other endpoints of your organisation:
        </p>
        <div role="group" aria-labelledby={`${id}-notices-hint`}>
          <EventChoices types={NOTICE_TYPES} chosen={events} toggle={toggle} />
        </div>
        <p className="problem" id={`${id}-events-problem`} role="alert">
          {fields['events']}
        </p>
      </fieldset>
      <div className="field">
        <label htmlFor={`${id}-description`}>
          Description <span className="muted">(optional)</span>
        </label>
        <input
          id={`${id}-description`}
          value={description}
          onChange={({ target }) => setDescription(target.value)}
          aria-invalid={fields['description'] !== undefined}
          aria-describedby={`${id}-description-problem`}
        />
        <p className="problem" id={`${id}-description-problem`} role="alert">
          {fields['description']}
        </p>
      </div>
      <HeadersField
        present={endpoint?.header_names ?? []}
        edits={headers}
        change={setHeaders}
        problem={fields['headers']}
      />
      <AuthenticationField
        present={authentication}
        edits={credentials}
        change={setCredentials}
        problem={fields['authentication']}
      />
      <RetryScheduleField value={schedule} change={setSchedule} problem={fields['retry_schedule']} />
      <div className="field">
        <label htmlFor={`${id}-rate-limit`}>
          Rate limit, deliveries a second <span className="muted">(optional)</span>
        </label>
        <input
          id={`${id}-rate-limit`}
          inputMode="numeric"
          autoComplete="off"
          value={rateLimit}
          onChange={({ target }) => setRateLimit(target.value)}
          aria-invalid={fields['rate_limit'] !== undefined}
          aria-describedby={`${id}-rate-limit-hint ${id}-rate-limit-problem`}
        />
        <p className="hint" id={`${id}-rate-limit-hint`}>
          A whole number from 1 to 1,000. What exceeds it waits, in order. Leave it empty for no limit.
        </p>
        <p className="problem" id={`${id}-rate-limit-problem`} role="alert">
          {fields['rate_limit']}
        </p>
      </div>
      <FilterField
        endpointId={endpoint?.id ?? null}
        text={filter}
        change={(text) => {
          setFilter(text);
          if (save.isError) save.reset();
        }}
        problem={fields['filter']}
      />
      {endpoint === null && (
        <div className="field">
          <label htmlFor={`${id}-secret`}>
            Signing secret <span className="muted">(optional)</span>
          </label>
          <input
            id={`${id}-secret`}
            type="password"
            autoComplete="off"
            value={secret}
            onChange={({ target }) => setSecret(target.value)}
            aria-invalid={fields['secret'] !== undefined}
            aria-describedby={`${id}-secret-hint ${id}-secret-problem`}
          />
          <p className="hint" id={`${id}-secret-hint`}>
            Leave it empty to get a strong generated secret. You cannot change it to one of your own later.
          </p>
          <p className="problem" id={`${id}-secret-problem`} role="alert">
            {fields['secret']}
          </p>
        </div>
      )}
      <p className="problem" role="alert">
        {general}
      </p>
      <div className="dialog-actions">
        <Button onClick={cancel}>Cancel</Button>
        <Button type="submit" variant="primary" busy={save.isPending}>
          {endpoint === null ? 'Create endpoint' : 'Save changes'}
        </Button>
      </div>
    </form>
  );
}

function EventChoices({
  types,
  chosen,
  toggle,
}: {
  readonly types: readonly EventType[];
  readonly chosen: readonly EventType[];
  readonly toggle: (type: EventType) => void;
}) {
  return types.map((type) => (
    <label key={type} className="check">
      <input type="checkbox" checked={chosen.includes(type)} onChange={() => toggle(type)} />
      <span>{eventTypeName(type)}</span>
    </label>
  ));
}

function limitOf(text: string): number | string | null {
  const given = text.trim();
  if (given === '') return null;
  return Number.isNaN(Number(given)) ? given : Number(given);
}
