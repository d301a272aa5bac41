import { Dialog as Ark } from '@ark-ui/react/dialog';
import { Portal } from '@ark-ui/react/portal';
import type { ReactNode } from 'react';

/** A modal question or form. Escape closes it, and the focus returns to its former place. */
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
  /** The question must be answered: a click outside does not close it. */
  readonly alert?: boolean;
  /** Where the focus goes at the end, if its former place no longer exists. */
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
