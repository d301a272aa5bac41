import type { Endpoint } from '../api/types.js';
import { Button } from '../parts/button.js';
import { count } from '../parts/format.js';
import { Time } from '../parts/time.js';

const STATES: Readonly<Record<string, { readonly name: string; readonly badge: string }>> = {
  healthy: { name: 'Healthy', badge: 'success' },
  failing: { name: 'Failing', badge: 'retrying' },
  disabled: { name: 'Disabled', badge: 'failed' },
};

/** The state of an endpoint's health; a state that this page does not know is shown as it is. */
export function HealthBadge({ endpoint: { health } }: { readonly endpoint: Endpoint }) {
  const { name, badge } = STATES[health.state] ?? { name: health.state, badge: 'pending' };
  return <span className={`badge ${badge}`}>{name}</span>;
}

/** Since when an endpoint fails, or why it is disabled, with a button that switches it on. Nothing while it is healthy. */
export function HealthNote({
  endpoint: { health, disabled_reason: reason, disabled_at: disabledAt },
  busy,
  switchOn,
}: {
  readonly endpoint: Endpoint;
  readonly busy: boolean;
  readonly switchOn: () => void;
}) {
  const { state, failing_since: since, last_success_at: succeeded, consecutive_failures: failures } = health;
  if (state !== 'failing' && state !== 'disabled') return null;
  const facts = (
    <>
      {failures > 0 && since !== null && (
        <>
          {count(failures)} {failures === 1 ? 'delivery has' : 'deliveries have'} failed since{' '}
          <Time at={since} />.{' '}
        </>
      )}
      {succeeded === null ? 'Nothing has succeeded yet.' : <>Last success: {<Time at={succeeded} />}.</>}
    </>
  );
  return (
    <div className={`health-note ${state}`}>
      <div>
        {state === 'failing' ? (
          <p>
            <b>Failing.</b> {facts} Any success ends this, also that of a test.
          </p>
        ) : (
          <>
            <p>
              <b>
                {reason === 'gone'
                  ? 'Disabled: your server answered 410 Gone.'
                  : 'Disabled: it failed for too long.'}
              </b>{' '}
              {disabledAt !== null && <Time at={disabledAt} />}
            </p>
            <p>
              {facts} Events that come meanwhile are not sent. Send a test; once it arrives, switch the
              endpoint on again.
            </p>
          </>
        )}
      </div>
      {state === 'disabled' && (
        <Button variant="primary" busy={busy} onClick={switchOn}>
          Switch on
        </Button>
      )}
    </div>
  );
}
