import { useId, type ReactNode } from 'react';
import { useSearchParams } from 'wouter';

import { Button } from './button.js';
import { fieldTime } from './format.js';

/** The filters of a list. They are in the page's URL, so that the URL can be shared. */
export function useFilters<const N extends string>(names: readonly N[]) {
  const [search, setSearch] = useSearchParams();
  const values = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Record<N, string>;
  const query = new URLSearchParams();
  for (const name of [...names, 'cursor']) {
    const value = search.get(name);
    if (value) query.set(name, value);
  }
  return {
    values,
    /** The query for the API: only filters that are set, and the page. */
    query: query.toString(),
    /** Whether the newest page is shown. */
    newest: !search.get('cursor'),
    any: names.some((name) => search.get(name)),
    set: (name: N, value: string) =>
      setSearch(
        (current) => {
          if (value === '') current.delete(name);
          else current.set(name, value);
          // A changed filter makes another list, so the page is reset.
          current.delete('cursor');
          return current;
        },
        { replace: true },
      ),
    clear: () => setSearch(new URLSearchParams()),
  };
}

export interface Choice {
  readonly value: string;
  readonly name: string;
}

/** A filter with a few values. */
export function ChoiceFilter({
  label,
  all,
  value,
  choices,
  change,
}: {
  readonly label: string;
  readonly all: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly change: (value: string) => void;
}) {
  const id = useId();
  const unknown = value !== '' && !choices.some((choice) => choice.value === value);
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => change(event.target.value)}>
        <option value="">{all}</option>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.name}
          </option>
        ))}
        {unknown && <option value={value}>{value}</option>}
      </select>
    </div>
  );
}

/** A filter by an id. A link sets it; here it is seen and removed. */
export function IdFilter({
  what,
  value,
  ...rest
}: {
  readonly label: string;
  readonly all: string;
  /** What the id is of, as a word before it; empty for none. */
  readonly what: string;
  readonly value: string;
  readonly change: (value: string) => void;
}) {
  const choices = [{ value, name: `${what} ${value.slice(0, 8)}…`.trim() }];
  return <ChoiceFilter {...rest} value={value} choices={choices} />;
}

interface TimeRange {
  readonly created_after: string;
  readonly created_before: string;
}

/** A filter by the time of creation: from one time to another, either of them open. */
export function TimeRangeFilter({
  values,
  set,
}: {
  readonly values: TimeRange;
  readonly set: (name: keyof TimeRange, value: string) => void;
}) {
  return (
    <>
      <TimeFilter label="From" value={values.created_after} change={(value) => set('created_after', value)} />
      <TimeFilter label="To" value={values.created_before} change={(value) => set('created_before', value)} />
    </>
  );
}

/** A filter by time, in the visitor's time zone; the URL holds UTC. */
function TimeFilter({
  label,
  value,
  change,
}: {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        value={fieldTime(value)}
        onChange={({ target }) => {
          const time = new Date(target.value);
          change(Number.isNaN(time.getTime()) ? '' : time.toISOString());
        }}
      />
    </div>
  );
}

export function Filters({
  any,
  clear,
  children,
}: {
  readonly any: boolean;
  readonly clear: () => void;
  readonly children: ReactNode;
}) {
  return (
    <form className="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      {children}
      <Button onClick={clear} disabled={!any}>
        Clear
      </Button>
    </form>
  );
}
