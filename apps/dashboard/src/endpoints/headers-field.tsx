import { useId } from 'react';

import { Button } from '../parts/button.js';
import { type HeaderEdits, MASKED, type NewHeader } from './credentials.js';

/** The extra headers of an endpoint: those that it has, whose values nobody can read, and new ones. */
export function HeadersField({
  present,
  edits,
  change,
  problem,
}: {
  readonly present: readonly string[];
  readonly edits: HeaderEdits;
  readonly change: (edits: HeaderEdits) => void;
  readonly problem: string | undefined;
}) {
  const id = useId();
  const { added, removed } = edits;
  const toggle = (name: string) =>
    change({
      ...edits,
      removed: removed.includes(name) ? removed.filter((each) => each !== name) : [...removed, name],
    });
  const edit = (at: number, header: NewHeader) =>
    change({ ...edits, added: added.map((each, index) => (index === at ? header : each)) });
  return (
    <fieldset className="field" aria-describedby={`${id}-hint ${id}-problem`}>
      <legend>Extra headers</legend>
      <p className="hint" id={`${id}-hint`}>
        Every request to the endpoint carries them. Their values cannot be read again, only replaced.
      </p>
      {present.map((name) => (
        <div key={name} className="header-row">
          <span className={removed.includes(name) ? 'header-name removed' : 'header-name'}>
            <code>{name}</code> <span aria-label="hidden value">{MASKED}</span>
          </span>
          <Button
            onClick={() => toggle(name)}
            aria-label={`${removed.includes(name) ? 'Keep' : 'Remove'} ${name}`}
          >
            {removed.includes(name) ? 'Keep' : 'Remove'}
          </Button>
        </div>
      ))}
      {added.map((header, at) => (
        <div key={at} className="header-row">
          <input
            aria-label={`Name of new header ${at + 1}`}
            placeholder="X-Gateway"
            autoComplete="off"
            value={header.name}
            onChange={({ target }) => edit(at, { ...header, name: target.value })}
          />
          <input
            aria-label={`Value of new header ${at + 1}`}
            type="password"
            autoComplete="off"
            value={header.value}
            onChange={({ target }) => edit(at, { ...header, value: target.value })}
          />
        </div>
      ))}
      <div>
        <Button onClick={() => change({ ...edits, added: [...added, { name: '', value: '' }] })}>
          Add a header
        </Button>
      </div>
      <p className="problem" id={`${id}-problem`} role="alert">
        {problem}
      </p>
    </fieldset>
  );
}
