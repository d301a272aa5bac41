import { useChanges, useEndpoints } from '../api/queries.js';
import { PageList } from '../parts/page-list.js';
import { ChangeEntry } from './change-entry.js';
import { objectName } from './change-names.js';

/** A page of the log of changes. */
export function ChangeList({
  query,
  filtered,
  clear,
  named,
}: {
  /** The query for the API: filters, and the page. */
  readonly query: string;
  readonly filtered: boolean;
  readonly clear: () => void;
  /** Whether each entry names its object. */
  readonly named: boolean;
}) {
  const changes = useChanges(query);
  const endpoints = useEndpoints();
  return (
    <PageList
      page={changes}
      what="changes"
      label="Changes"
      none="No changes were recorded"
      hint={<p className="muted">Changes from before this log was kept are not in it.</p>}
      filtered={filtered}
      clear={clear}
      row={(change) => (
        <ChangeEntry key={change.id} change={change} object={named ? objectName(change, endpoints) : null} />
      )}
    />
  );
}
