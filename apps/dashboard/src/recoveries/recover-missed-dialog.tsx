import { useLocation } from 'wouter';

import { Dialog } from '../parts/dialog.js';
import { RecoveryForm } from './recovery-form.js';

/** Offers to recover what an endpoint missed that was disabled. The page of the endpoint then shows the recovery. */
export function RecoverMissedDialog({
  endpointId,
  since,
  close,
}: {
  readonly endpointId: string;
  /** Null while nothing is offered. */
  readonly since: string | null;
  readonly close: () => void;
}) {
  const [, go] = useLocation();
  const begun = () => {
    close();
    go(`/endpoints/${endpointId}`);
  };
  return (
    <Dialog
      open={since !== null}
      close={close}
      title="Recover what it missed?"
      description="The endpoint is active again. It did not get the events that came while it was disabled, nor those whose deliveries failed."
    >
      {since !== null && (
        <RecoveryForm endpointId={endpointId} initialSince={since} begun={begun} cancel={close} />
      )}
    </Dialog>
  );
}
