import { Button } from '../parts/button.js';
import { CopyButton } from '../parts/copy-button.js';
import { Dialog } from '../parts/dialog.js';

/** Shows a secret, this once. */
export function SecretDialog({
  secret,
  close,
}: {
  readonly secret: string | null;
  readonly close: () => void;
}) {
  return (
    <Dialog
      open={secret !== null}
      close={close}
      alert
      returnTo={() => document.getElementById('main')}
      title="Your signing secret"
      description="Copy it now and keep it where your server reads its configuration. It is not shown again."
    >
      <div className="secret">
        <code data-testid="secret">{secret}</code>
        <CopyButton text={secret ?? ''} label="Copy the secret" />
      </div>
      <div className="dialog-actions">
        <Button variant="primary" onClick={close}>
          I have saved it
        </Button>
      </div>
    </Dialog>
  );
}
