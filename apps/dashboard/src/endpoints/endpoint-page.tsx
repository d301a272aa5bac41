import { useState } from 'react';
import { Link } from 'wouter';

import { Problem } from '../api/problem.js';
import { useEndpoint, useNoticeEvents, useStatistics } from '../api/queries.js';
import type { Endpoint, ShownSecret } from '../api/types.js';
import { ChangeList } from '../changes/change-list.js';
import { useRecoveries } from '../recoveries/recovery-queries.js';
import { RecoverySection } from '../recoveries/recovery-section.js';
import { useFilters } from '../parts/filters.js';
import { Icon } from '../parts/icon.js';
import { Empty, Failed, LoadingBlock } from '../parts/states.js';
import { useTitle } from '../shell/use-title.js';
import { EndpointCard } from './endpoint-card.js';
import { EndpointDialogs } from './endpoint-dialogs.js';
import { HealthHistory } from './health-history-list.js';

/** One endpoint, and its changes, which stay readable after it is deleted. */
export function EndpointPage({ id }: { readonly id: string }) {
  useTitle('Endpoint');
  const [form, setForm] = useState<Endpoint | null>(null);
  const [secret, setSecret] = useState<ShownSecret | null>(null);
  const { query, clear } = useFilters([]);
  const { isPending, data, isError } = useEndpoint(id);
  // All parts below the endpoint come together, so that none moves when another arrives.
  const areTold = [useNoticeEvents(), useRecoveries(id)].every((part) => part.isFetched);
  return (
    <>
      <header className="page-head">
        <div>
          <Link href="/endpoints" className="back">
            <Icon name="back" /> Endpoints
          </Link>
          <h1>Endpoint</h1>
        </div>
      </header>
      <Present id={id} edit={setForm} showSecret={setSecret} />
      {!isPending && !areTold && <LoadingBlock what="the history of the endpoint" />}
      {!isPending && areTold && (
        <>
          <h2 className="section-title">History of its health</h2>
          <HealthHistory id={id} />
          <RecoverySection endpointId={id} exists={data !== undefined && !isError} />
          <h2 className="section-title">Changes of this endpoint</h2>
          <ChangeList
            query={`object_id=${encodeURIComponent(id)}&${query}`}
            filtered={false}
            clear={clear}
            named={false}
          />
        </>
      )}
      <EndpointDialogs form={form} setForm={setForm} secret={secret} setSecret={setSecret} />
    </>
  );
}

/** The endpoint as it is now, if it still exists. */
function Present({
  id,
  edit,
  showSecret,
}: {
  readonly id: string;
  readonly edit: (endpoint: Endpoint) => void;
  readonly showSecret: (secret: ShownSecret) => void;
}) {
  const endpoint = useEndpoint(id);
  const day = useStatistics('interval=hour&group_by=endpoint', 30_000);
  // An endpoint that was loaded before and is deleted now is an error with old data.
  if (endpoint.error instanceof Problem && endpoint.error.status === 404) {
    return (
      <Empty title="There is no such endpoint">
        <p className="muted">It was deleted, or the address is wrong.</p>
      </Empty>
    );
  }
  if (endpoint.data) {
    return (
      <EndpointCard
        endpoint={endpoint.data}
        day={day.data ?? (day.error ? null : undefined)}
        edit={() => edit(endpoint.data)}
        showSecret={showSecret}
      />
    );
  }
  return endpoint.error ? (
    <Failed error={endpoint.error} retry={() => void endpoint.refetch()} />
  ) : (
    <LoadingBlock what="the endpoint" />
  );
}
