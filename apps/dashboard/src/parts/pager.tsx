import { useSearchParams } from 'wouter';

import type { Page } from '../api/types.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

/** The cursor in the API's link to another page; the filters are in the page's own URL. */
function cursorOf(link: string | null): string | null {
  return link === null ? null : new URL(link).searchParams.get('cursor');
}

/**
 * Leads to newer and older pages by the cursors of the API. It leads nowhere while another page is being loaded: the
 * cursors are those of the page that is still shown. A button that is in use then keeps the focus.
 */
export function Pager({ page, isLoading }: { readonly page: Page<unknown>; readonly isLoading: boolean }) {
  const [, setSearch] = useSearchParams();
  const go = (link: string | null) => () => {
    if (isLoading) return;
    setSearch((search) => {
      search.set('cursor', cursorOf(link) ?? '');
      return search;
    });
    window.scrollTo(0, 0);
  };
  if (page.next === null && page.previous === null) return null;
  return (
    <nav className="pager" aria-label="Pages">
      <Button onClick={go(page.previous)} disabled={page.previous === null} aria-disabled={isLoading}>
        <Icon name="back" /> Newer
      </Button>
      <Button onClick={go(page.next)} disabled={page.next === null} aria-disabled={isLoading}>
        Older <Icon name="forward" />
      </Button>
    </nav>
  );
}
