import { Tabs as Ark } from '@ark-ui/react/tabs';
import type { ReactNode } from 'react';

export interface Tab {
  readonly id: string;
  readonly name: string;
  readonly content: ReactNode;
}

/** Several views of one thing; arrow keys go from one to the other. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <Ark.Root defaultValue={tabs[0]?.id ?? ''} lazyMount className="tabs">
      <Ark.List className="tab-list" aria-label={label}>
        {tabs.map(({ id, name }) => (
          <Ark.Trigger key={id} value={id} className="tab">
            {name}
          </Ark.Trigger>
        ))}
      </Ark.List>
      {tabs.map(({ id, content }) => (
        <Ark.Content key={id} value={id}>
          {content}
        </Ark.Content>
      ))}
    </Ark.Root>
  );
}
