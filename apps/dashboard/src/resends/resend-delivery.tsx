import { useState } from 'react';

import { ConfirmDialog } from '../endpoints/confirm-dialog.js';
import { Button } from '../parts/button.js';
import { Icon } from '../parts/icon.js';
import { tellDone, tellFailed } from '../parts/toasts.js';
import { useResendDelivery } from './resend-queries.js';

/** Sends a delivery that has succeeded again, after a question. */
export function ResendDelivery({ id }: { readonly id: string }) {
  const resend = useResendDelivery(id);
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Icon name="send" /> Send again
      </Button>
      <ConfirmDialog
        open={open}
        title="Send this delivery again?"
        action="Send again"
        busy={resend.isPending}
        confirm={() =>
          resend.mutate(undefined, {
            onSuccess: () => tellDone('The delivery is being sent again'),
            onError: (error) => tellFailed('It is not sent again', error),
            onSettled: close,
          })
        }
        close={close}
      >
        Your server gets the same request once more, with the same ids. A server that recognises repeats
        ignores it.
      </ConfirmDialog>
    </>
  );
}
