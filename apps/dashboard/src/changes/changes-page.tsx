import { ChoiceFilter, Filters, IdFilter, TimeRangeFilter, useFilters } from '../parts/filters.js';
import { useTitle } from '../shell/use-title.js';
import { ChangeList } from './change-list.js';
import { actionName, KNOWN_ACTIONS, KNOWN_OBJECT_TYPES, objectTypeName } from './change-names.js';

const FILTERS = [
  'object_type',
  'action',
  'actor_id',
  'object_id',
  'created_after',
  'created_before',
] as const;

/** Who changed what in the organisation. */
export function ChangesPage() {
  useTitle('Changes');
  const { values, query, any, set, clear } = useFilters(FILTERS);
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Changes</h1>
          <p className="muted">
            Every change of an endpoint, a token or your organisation, and every retry, resend and recovery,
            newest first.
          </p>
        </div>
      </header>
      <Filters any={any} clear={clear}>
        <ChoiceFilter
          label="Changed"
          all="Everything"
          value={values.object_type}
          choices={KNOWN_OBJECT_TYPES.map((value) => ({ value, name: objectTypeName(value) }))}
          change={(value) => set('object_type', value)}
        />
        <ChoiceFilter
          label="What happened"
          all="Anything"
          value={values.action}
          choices={KNOWN_ACTIONS.map((value) => ({ value, name: actionName(value) }))}
          change={(value) => set('action', value)}
        />
        {values.actor_id !== '' && (
          <IdFilter
            label="By"
            all="Anybody"
            what="Token"
            value={values.actor_id}
            change={(value) => set('actor_id', value)}
          />
        )}
        {values.object_id !== '' && (
          <IdFilter
            label="Object"
            all="All objects"
            what="Object"
            value={values.object_id}
            change={(value) => set('object_id', value)}
          />
        )}
        <TimeRangeFilter values={values} set={set} />
      </Filters>
      <ChangeList query={query} filtered={any} clear={clear} named />
    </>
  );
}
