import { type SyntheticEvent, useId, useState } from 'react';

import { useEndpoints } from '../api/queries.js';
import { endpointName } from '../endpoints/endpoint-name.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { shortUrl } from '../parts/format.js';
import { Icon } from '../parts/icon.js';
import { tellDone } from '../parts/toasts.js';
import { useResendEvent } from './resend-queries.js';

/** Sends an event again, after a question to whom. */
export function ResendEvent({ id, disabled }: { readonly id: string; readonly disabled: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)} disabled={disabled}>
        <Icon name="send" /> Send again
      </Button>
      <Dialog
        open={open}
        close={() => setOpen(false)}
        title="Send this event again?"
        description="A server that has the event gets the same request once more, with the same ids."
      >
        <ResendForm id={id} close={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function ResendForm({ id, close }: { readonly id: string; readonly close: () => void }) {
  const field = useId();
  const endpoints = useEndpoints();
  const resend = useResendEvent(id);
  const [endpoint, setEndpoint] = useState('');
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    resend.mutate(endpoint === '' ? null : endpoint, {
      onSuccess: ({ message, skipped }) => {
        tellDone(message);
        if (skipped.length === 0) close();
      },
    });
  };
  const skipped = resend.data?.skipped ?? [];
  return (
    <form className="form" onSubmit={submit} noValidate>
      <div className="field">
        <label htmlFor={field}>To</label>
        <select id={field} value={endpoint} onChange={({ target }) => setEndpoint(target.value)}>
          <option value="">All active endpoints that want it</option>
          {endpoints.data?.map((each) => (
            <option key={each.id} value={each.id}>
              {shortUrl(each.url)}
              {each.description !== '' && ` (${each.description})`}
            </option>
          ))}
        </select>
      </div>
      <p className="problem" role="alert">
        {resend.error?.message}
      </p>
      {skipped.length > 0 && (
        <ul role="status" aria-label="Endpoints that do not get it">
          {skipped.map(({ endpoint_id, detail }) => (
            <li key={endpoint_id}>
              {endpointName(endpoints, endpoint_id)}: {detail}
            </li>
          ))}
        </ul>
      )}
      <div className="dialog-actions">
        <Button onClick={close}>{resend.data ? 'Close' : 'Cancel'}</Button>
        <Button type="submit" variant="primary" busy={resend.isPending} disabled={resend.data !== undefined}>
          Send again
        </Button>
      </div>
    </form>
  );
}
