import type { ReactNode } from 'react';

import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';

/** Asks before an action that cannot be undone. */
export function ConfirmDialog({
  open,
  title,
  action,
  busy,
  confirm,
  close,
  children,
}: {
  readonly open: boolean;
  readonly title: string;
  readonly action: string;
  readonly busy: boolean;
  readonly confirm: () => void;
  readonly close: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Dialog open={open} close={close} alert title={title} description={children}>
      <div className="dialog-actions">
        <Button onClick={close}>Cancel</Button>
        <Button variant="danger" busy={busy} onClick={confirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
