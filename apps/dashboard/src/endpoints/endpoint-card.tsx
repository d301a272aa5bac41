import { Switch } from '@ark-ui/react/switch';
import { useState } from 'react';
import { Link } from 'wouter';

import { useDeleteEndpoint, useHoldEndpoint, useRegenerateSecret, useSaveEndpoint } from '../api/queries.js';
import type { Endpoint, ShownSecret, Statistics } from '../api/types.js';
import { Button } from '../parts/button.js';
import { CodeBlock } from '../parts/code-block.js';
import { CopyButton } from '../parts/copy-button.js';
import { count, share, shortUrl } from '../parts/format.js';
import { Time } from '../parts/time.js';
import { tellDone, tellFailed } from '../parts/toasts.js';
import { missedSince } from '../recoveries/missed-since.js';
import { RecoverMissedDialog } from '../recoveries/recover-missed-dialog.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { EndpointCredentials } from './endpoint-credentials.js';
import type { Day } from './endpoint-day.js';
import { HealthBadge, HealthNote } from './endpoint-health.js';
import { eventTypeName } from './event-type-names.js';
import { filterText } from './filter-text.js';
import { HealthBars } from './health-bars.js';
import { retryScheduleName } from './retry-schedule-names.js';
import { TestSendDialog } from './test-send-dialog.js';
import { useEndpointDay } from './use-endpoint-day.js';

type Question = 'test' | 'delete' | 'regenerate' | null;

/** An endpoint: its health, and the actions on it. */
export function EndpointCard({
  endpoint,
  day,
  edit,
  showSecret,
}: {
  readonly endpoint: Endpoint;
  /** Undefined while it is being loaded, null when it is not available. */
  readonly day: Statistics | null | undefined;
  readonly edit: () => void;
  readonly showSecret: (secret: ShownSecret) => void;
}) {
  const [question, setQuestion] = useState<Question>(null);
  const [missedFrom, setMissedFrom] = useState<string | null>(null);
  const close = () => setQuestion(null);
  const save = useSaveEndpoint(endpoint.id);
  const hold = useHoldEndpoint(endpoint.id);
  const remove = useDeleteEndpoint(endpoint.id);
  const regenerate = useRegenerateSecret(endpoint.id);
  const name = shortUrl(endpoint.url);
  const ownDay = useEndpointDay(endpoint, day);

  const activate = (is_active: boolean) =>
    save.mutate(
      { is_active },
      {
        onSuccess: () => {
          tellDone(is_active ? 'The endpoint is active' : 'The endpoint is paused');
          // As it was before: an active endpoint is not disabled.
          if (is_active) setMissedFrom(missedSince(endpoint));
        },
        onError: (error) => tellFailed('The endpoint was not changed', error),
      },
    );
  const isHeld = endpoint.held_since !== null;
  const holdOrResume = () =>
    hold.mutate(isHeld ? 'resume' : 'hold', {
      onSuccess: () => tellDone(isHeld ? 'Deliveries are sent again' : 'Deliveries are held'),
      onError: (error) => tellFailed('The endpoint was not changed', error),
    });
  return (
    <article className="card endpoint" aria-labelledby={`endpoint-${endpoint.id}`}>
      <header className="endpoint-head">
        <div className="endpoint-name">
          <h2 id={`endpoint-${endpoint.id}`}>
            <Link href={`/endpoints/${endpoint.id}`}>{name}</Link>
          </h2>
          <p className="muted">{endpoint.description || endpoint.events.map(eventTypeName).join(', ')}</p>
          {endpoint.rate_limit !== null && (
            <p className="muted">At most {count(endpoint.rate_limit)} a second</p>
          )}
          {endpoint.held_since !== null && (
            <p className="muted">
              <b>Held</b> since <Time at={endpoint.held_since} relative />: its deliveries wait
            </p>
          )}
        </div>
        <HealthBadge endpoint={endpoint} />
        <Switch.Root
          className="switch"
          checked={save.isPending ? (save.variables.is_active ?? endpoint.is_active) : endpoint.is_active}
          onCheckedChange={({ checked }) => activate(checked)}
        >
          <Switch.Label className="switch-label">{endpoint.is_active ? 'Active' : 'Paused'}</Switch.Label>
          <Switch.Control className="switch-control">
            <Switch.Thumb className="switch-thumb" />
          </Switch.Control>
          <Switch.HiddenInput aria-label={`Active: ${name}`} />
        </Switch.Root>
      </header>
      <HealthNote endpoint={endpoint} busy={save.isPending} switchOn={() => activate(true)} />
      <Health endpoint={endpoint} day={ownDay} />
      <EndpointCredentials endpoint={endpoint} />
      {endpoint.filter && (
        <details>
          <summary>Receives only events that match its filter</summary>
          <CodeBlock text={filterText(endpoint.filter)} label={`the filter of ${name}`} />
          <Link href={`/deliveries?endpoint_id=${endpoint.id}&status=filtered`}>
            Events that were filtered
          </Link>
        </details>
      )}
      <footer className="endpoint-actions">
        <Button onClick={() => setQuestion('test')}>Send test</Button>
        <Button onClick={edit}>Edit</Button>
        <Button onClick={holdOrResume} busy={hold.isPending}>
          {isHeld ? 'Resume' : 'Hold'}
        </Button>
        <Button onClick={() => setQuestion('regenerate')}>New secret</Button>
        <Button onClick={() => setQuestion('delete')}>Delete</Button>
        <span className="endpoint-id">
          <code>{endpoint.id}</code>
          <CopyButton text={endpoint.id} label={`Copy the id of ${name}`} />
        </span>
      </footer>
      <RecoverMissedDialog endpointId={endpoint.id} since={missedFrom} close={() => setMissedFrom(null)} />
      <TestSendDialog endpoint={endpoint} open={question === 'test'} close={close} />
      <ConfirmDialog
        open={question === 'regenerate'}
        title="Make a new secret?"
        action="Make a new secret"
        busy={regenerate.isPending}
        close={close}
        confirm={() =>
          regenerate.mutate(undefined, {
            onSuccess: showSecret,
            onError: (error) => tellFailed('No new secret was created', error),
            onSettled: close,
          })
        }
      >
        The current secret of <b>{name}</b> becomes invalid at once. All later webhooks are signed with the
        new secret.
      </ConfirmDialog>
      <ConfirmDialog
        open={question === 'delete'}
        title="Delete this endpoint?"
        action="Delete endpoint"
        busy={remove.isPending}
        close={close}
        confirm={() =>
          remove.mutate(undefined, {
            onSuccess: () => tellDone('The endpoint was deleted'),
            onError: (error) => tellFailed('The endpoint was not deleted', error),
            onSettled: close,
          })
        }
      >
        Nothing more is sent to <b>{name}</b>. Deliveries that wait for a retry end as failed. Past deliveries
        stay visible.
      </ConfirmDialog>
    </article>
  );
}

function Health({ endpoint, day }: { readonly endpoint: Endpoint; readonly day: Day | null | undefined }) {
  return (
    <dl className="endpoint-health">
      <div className="wide">
        <dt>Success, 24 h</dt>
        <dd>
          {day && <HealthBars since={day.since} hours={day.buckets.length} buckets={day.buckets} />}
          {day === undefined && <span className="skeleton health-skeleton" />}
          {day === null ? (
            <span className="muted">Not available</span>
          ) : (
            <b>{day?.total ? share(day.total.success, day.total.attempts) : '–'}</b>
          )}
        </dd>
      </div>
      <div>
        <dt>Last triggered</dt>
        <dd>
          {endpoint.last_triggered_at === null ? 'Never' : <Time at={endpoint.last_triggered_at} relative />}
        </dd>
      </div>
      <div>
        <dt>Deliveries</dt>
        <dd>
          <Link href={`/deliveries?endpoint_id=${endpoint.id}`}>{count(endpoint.total_deliveries)}</Link>
        </dd>
      </div>
      <div>
        <dt>Retries</dt>
        <dd>{retryScheduleName(endpoint.retry_schedule)}</dd>
      </div>
      <div>
        <dt>Failed</dt>
        <dd className={endpoint.failed_deliveries > 0 ? 'bad' : ''}>
          <Link href={`/deliveries?endpoint_id=${endpoint.id}&status=failed`}>
            {count(endpoint.failed_deliveries)}
          </Link>
        </dd>
      </div>
    </dl>
  );
}
