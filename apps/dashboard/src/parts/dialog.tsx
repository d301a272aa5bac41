import { Dialog as Ark } from '@ark-ui/react/dialog';
import { Portal } from '@ark-ui/react/portal';
import type { ReactNode } from 'react';

/** A question or form before everything else; Escape leaves it, and the focus returns to where it was. */
export function Dialog({
  open,
  close,
  title,
  description,
  alert = false,
  returnTo,
  children,
}: {
  readonly open: boolean;
  readonly close: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  /** What it asks must be answered: a click beside it does not close it. */
  readonly alert?: boolean;
  /** Where the focus goes when it closes, when what had it before is gone. */
  readonly returnTo?: () => HTMLElement | null;
  readonly children: ReactNode;
}) {
  return (
    <Ark.Root
      open={open}
      onOpenChange={(change) => {
        if (!change.open) close();
      }}
      role={alert ? 'alertdialog' : 'dialog'}
      closeOnInteractOutside={!alert}
      {...(returnTo && { finalFocusEl: returnTo })}
      lazyMount
      unmountOnExit
    >
      <Portal>
        <Ark.Backdrop className="backdrop" />
        <Ark.Positioner className="positioner">
          <Ark.Content className="dialog">
            <Ark.Title className="dialog-title">{title}</Ark.Title>
            {description !== undefined && (
              <Ark.Description className="dialog-description">{description}</Ark.Description>
            )}
            {children}
          </Ark.Content>
        </Ark.Positioner>
      </Portal>
    </Ark.Root>
  );
}
