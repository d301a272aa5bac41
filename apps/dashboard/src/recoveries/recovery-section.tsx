import { useState } from 'react';

import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { Failed } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { RecoveryForm } from './recovery-form.js';
import { progressOf, progressText, recoveredName, recoveryNote } from './recovery-names.js';
import { type Recovery, useCancelRecovery, useRecoveries } from './recovery-queries.js';

/** The recoveries of an endpoint, with their progress, and the way to begin one. */
export function RecoverySection({
  endpointId,
  exists,
}: {
  readonly endpointId: string;
  /** A deleted endpoint gets no new recovery. */
  readonly exists: boolean;
}) {
  const recoveries = useRecoveries(endpointId);
  const [open, setOpen] = useState(false);
  const shown = recoveries.data?.results ?? [];
  if (!exists && shown.length === 0) return null;
  return (
    <section aria-label="Recoveries">
      <div className="section-head">
        <h2 className="section-title">Recoveries</h2>
        {exists && <Button onClick={() => setOpen(true)}>Recover deliveries</Button>}
      </div>
      {recoveries.error && !recoveries.data ? (
        <Failed error={recoveries.error} retry={() => void recoveries.refetch()} />
      ) : shown.length === 0 ? (
        <p className="muted">After an outage, send again what your server did not get.</p>
      ) : (
        <ul className="recoveries" aria-label="Recoveries">
          {shown.map((recovery) => (
            <RecoveryCard key={recovery.id} endpointId={endpointId} recovery={recovery} />
          ))}
        </ul>
      )}
      <Dialog
        open={open}
        close={() => setOpen(false)}
        title="Recover deliveries"
        description="Each delivery that matches is sent once more. New events go first."
      >
        <RecoveryForm endpointId={endpointId} begun={() => setOpen(false)} cancel={() => setOpen(false)} />
      </Dialog>
    </section>
  );
}

function RecoveryCard({
  endpointId,
  recovery,
}: {
  readonly endpointId: string;
  readonly recovery: Recovery;
}) {
  const cancel = useCancelRecovery(endpointId);
  const { id, what, since, until, dry_run, status, available_from, ended_at } = recovery;
  const note = recoveryNote(recovery);
  return (
    <li className="card recovery">
      <div className="recovery-head">
        <strong>
          {recoveredName(what)}
          {dry_run && ', counted only'}
        </strong>
        <span className={`recovery-status ${status}`}>{status}</span>
      </div>
      <p className="muted">
        Events from <Time at={since} /> until <Time at={until} />
      </p>
      <progress value={progressOf(recovery)} max={1} aria-label="Progress of the recovery" />
      <p aria-live={ended_at === null ? 'off' : 'polite'}>{progressText(recovery)}</p>
      {note !== null && <p className="muted">{note}</p>}
      {available_from !== null && (
        <p className="muted">
          Events from before <Time at={available_from} /> are no longer stored.
        </p>
      )}
      {ended_at === null && (
        <Button busy={cancel.isPending} onClick={() => cancel.mutate(id)}>
          Cancel recovery
        </Button>
      )}
      {cancel.error && <p className="problem">{cancel.error.message}</p>}
    </li>
  );
}
