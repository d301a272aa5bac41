import type { ShownSecret } from '../api/types.js';
import { Button } from '../parts/button.js';
import { CopyButton } from '../parts/copy-button.js';
import { Dialog } from '../parts/dialog.js';

/** Shows a secret, which is not shown again. */
export function SecretDialog({
  shown,
  close,
}: {
  readonly shown: ShownSecret | null;
  readonly close: () => void;
}) {
  const { secret = '', standard_webhooks_secret: standard = '' } = shown ?? {};
  return (
    <Dialog
      open={shown !== null}
      close={close}
      alert
      returnTo={() => document.getElementById('main')}
      title="Your signing secret"
      description="Copy it now and keep it where your server reads its configuration. It is not shown again."
    >
      <div className="secret">
        <code data-testid="secret">{secret}</code>
        <CopyButton text={secret} label="Copy the secret" />
      </div>
      {standard === secret ? (
        <p className="muted">Libraries for Standard Webhooks accept the secret as it is.</p>
      ) : (
        <>
          <p className="muted">
            Libraries for Standard Webhooks need the same secret in this format (
            <code>standard_webhooks_secret</code>
            ):
          </p>
          <div className="secret">
            <code data-testid="standard-webhooks-secret">{standard}</code>
            <CopyButton text={standard} label="Copy the secret for libraries of Standard Webhooks" />
          </div>
        </>
      )}
      <div className="dialog-actions">
        <Button variant="primary" onClick={close}>
          I have saved it
        </Button>
      </div>
    </Dialog>
  );
}
