import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { Problem } from '../api/problem.js';
import type { Page } from '../api/types.js';
import { Button } from './button.js';
import { Pager } from './pager.js';
import { Empty, Failed, LoadingRows } from './states.js';

/** A page of a list, and what replaces it while it is being loaded, after an error, and when it is empty. */
export function PageList<T>(props: {
  readonly page: UseQueryResult<Page<T>>;
  /** The name of the items, in the plural, within a sentence. */
  readonly what: string;
  readonly label: string;
  /** The text for an empty list, and a further hint. */
  readonly none: string;
  readonly hint?: ReactNode;
  readonly filtered: boolean;
  readonly clear: () => void;
  readonly row: (item: T) => ReactNode;
}) {
  const { page, what, label, none, hint, filtered, clear, row } = props;
  if (page.error && !page.data) {
    // The URL asks for a page that no longer exists or has a bad filter: trying again does not help.
    const wrong = page.error instanceof Problem && page.error.status === 400;
    return wrong ? (
      <Failed error={page.error} retry={clear} action={`Show all ${what}`} />
    ) : (
      <Failed error={page.error} retry={() => void page.refetch()} />
    );
  }
  if (!page.data) return <LoadingRows rows={10} what={what} />;
  if (page.data.results.length === 0) {
    return (
      <Empty title={filtered ? 'Nothing matches these filters' : none}>
        {filtered ? <Button onClick={clear}>Clear the filters</Button> : hint}
      </Empty>
    );
  }
  return (
    <>
      <ul className="rows" aria-label={label} aria-busy={page.isPlaceholderData}>
        {page.data.results.map(row)}
      </ul>
      <Pager page={page.data} isLoading={page.isPlaceholderData} />
    </>
  );
}
