import { useState } from 'react';

import { useEndpoints, useStatistics } from '../api/queries.js';
import type { Endpoint, ShownSecret } from '../api/types.js';
import { Button } from '../parts/button.js';
import { count } from '../parts/format.js';
import { Icon } from '../parts/icon.js';
import { Empty, Failed, LoadingBlock } from '../parts/states.js';
import { useTitle } from '../shell/use-title.js';
import { EndpointCard } from './endpoint-card.js';
import { EndpointDialogs } from './endpoint-dialogs.js';

/** Each card shows much; of very many endpoints only some are shown. */
const SHOWN_AT_ONCE = 50;

/** The visitor's servers, their health, and the actions on them. */
export function EndpointsPage() {
  useTitle('Endpoints');
  const endpoints = useEndpoints(15_000);
  const day = useStatistics('interval=hour&group_by=endpoint', 30_000);
  /** `new`, or the one being edited. */
  const [form, setForm] = useState<Endpoint | 'new' | null>(null);
  const [shown, setShown] = useState(SHOWN_AT_ONCE);
  const [secret, setSecret] = useState<ShownSecret | null>(null);

  return (
    <>
      <header className="page-head">
        <div>
          <h1>Endpoints</h1>
          <p className="muted">Your servers that receive webhooks about completed interviews.</p>
        </div>
        <Button variant="primary" onClick={() => setForm('new')}>
          <Icon name="plus" /> Add endpoint
        </Button>
      </header>
      {endpoints.data ? (
        endpoints.data.length === 0 ? (
          <Empty title="No endpoints yet">
            <p className="muted">
              Add the URL of your server, and it receives a webhook for every completed interview.
            </p>
            <Button variant="primary" onClick={() => setForm('new')}>
              Add your first endpoint
            </Button>
          </Empty>
        ) : (
          <div className="endpoints">
            {endpoints.data.slice(0, shown).map((endpoint) => (
              <EndpointCard
                key={endpoint.id}
                endpoint={endpoint}
                day={day.data ?? (day.error ? null : undefined)}
                edit={() => setForm(endpoint)}
                showSecret={setSecret}
              />
            ))}
            {endpoints.data.length > shown && (
              <Button onClick={() => setShown(shown + SHOWN_AT_ONCE)}>
                Show more, {count(endpoints.data.length - shown)} are left
              </Button>
            )}
          </div>
        )
      ) : endpoints.error ? (
        <Failed error={endpoints.error} retry={() => void endpoints.refetch()} />
      ) : (
        <div className="endpoints">
          <LoadingBlock what="endpoints" />
          <LoadingBlock what="endpoints" />
        </div>
      )}
      <EndpointDialogs form={form} setForm={setForm} secret={secret} setSecret={setSecret} />
    </>
  );
}
