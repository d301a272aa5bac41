import type { Endpoint, ShownSecret } from '../api/types.js';
import { Dialog } from '../parts/dialog.js';
import { tellDone } from '../parts/toasts.js';
import { EndpointForm } from './endpoint-form.js';
import { SecretDialog } from './secret-dialog.js';

/** The form for an endpoint, and the secret that the API shows only once. */
export function EndpointDialogs({
  form,
  setForm,
  secret,
  setSecret,
}: {
  /** `new`, or the one being edited; null while the form is closed. */
  readonly form: Endpoint | 'new' | null;
  readonly setForm: (form: null) => void;
  readonly secret: ShownSecret | null;
  readonly setSecret: (secret: ShownSecret | null) => void;
}) {
  return (
    <>
      <Dialog
        open={form !== null}
        close={() => setForm(null)}
        title={form === 'new' ? 'Add an endpoint' : 'Edit the endpoint'}
      >
        <EndpointForm
          endpoint={form === 'new' ? null : form}
          cancel={() => setForm(null)}
          saved={(endpoint) => {
            setForm(null);
            if ('secret' in endpoint) setSecret(endpoint);
            else tellDone('The endpoint was saved');
          }}
        />
      </Dialog>
      <SecretDialog shown={secret} close={() => setSecret(null)} />
    </>
  );
}
