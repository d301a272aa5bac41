import { useId, type ReactNode } from 'react';
import { useSearchParams } from 'wouter';

import { Button } from './button.js';

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

/** A filter by time, in the visitor's time zone; the URL holds UTC. */
export function TimeFilter({
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
        value={toLocal(value)}
        onChange={({ target }) => {
          const time = new Date(target.value);
          change(Number.isNaN(time.getTime()) ? '' : time.toISOString());
        }}
      />
    </div>
  );
}

function toLocal(iso: string): string {
  const time = new Date(iso);
  if (iso === '' || Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
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
