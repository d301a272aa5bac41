import { createToaster, Toast, Toaster } from '@ark-ui/react/toast';

import { Icon } from './icon.js';

const toaster = createToaster({ placement: 'bottom-end', overlap: false, gap: 12 });

/** Says that something was done. */
export function tellDone(title: string): void {
  toaster.create({ title, type: 'success', duration: 5_000 });
}

/** Says that something could not be done, and why. */
export function tellFailed(title: string, error: unknown): void {
  toaster.create({
    title,
    description: error instanceof Error ? error.message : String(error),
    type: 'error',
    duration: 12_000,
  });
}

/** Shows the messages and lets screen readers read them aloud. */
export function Toasts() {
  return (
    <Toaster toaster={toaster}>
      {(toast) => (
        <Toast.Root className={`toast ${toast.type ?? ''}`}>
          <Icon name={toast.type === 'error' ? 'warning' : 'check'} />
          <div>
            <Toast.Title className="toast-title">{toast.title}</Toast.Title>
            {toast.description !== undefined && <Toast.Description>{toast.description}</Toast.Description>}
          </div>
          <Toast.CloseTrigger className="icon-button" aria-label="Close">
            <Icon name="close" />
          </Toast.CloseTrigger>
        </Toast.Root>
      )}
    </Toaster>
  );
}
