import { useId } from 'react';

import { Problem } from '../api/problem.js';
import { useFilterTrial } from '../api/queries.js';
import { Button } from '../parts/button.js';
import { FilterTrialResult } from './filter-trial-result.js';
import { readFilterText } from './filter-text.js';

const EXAMPLE = '{"data.score": [{">=": 80}], "data.status": ["completed"]}';

/** The field for a filter, as JSON. The filter of an existing endpoint can be tried with past events before it is saved. */
export function FilterField({
  endpointId,
  text,
  change,
  problem,
}: {
  /** Null for a new endpoint. */
  readonly endpointId: string | null;
  readonly text: string;
  readonly change: (text: string) => void;
  /** What is wrong with the filter that was saved or read. */
  readonly problem: string | undefined;
}) {
  const id = useId();
  const trial = useFilterTrial(endpointId);
  const written = readFilterText(text);
  const filter = 'filter' in written ? written.filter : null;
  // A result is about what was tried. It goes when the text changes.
  const tried = trial.variables?.text === text;
  const refusal = tried && trial.error ? refusalOf(trial.error) : undefined;
  const shownProblem = problem ?? ('problem' in written && text !== '' ? written.problem : refusal);
  return (
    <div className="field">
      <label htmlFor={id}>
        Filter <span className="muted">(optional)</span>
      </label>
      <textarea
        id={id}
        className="code-input"
        rows={text.includes('\n') ? Math.min(12, text.split('\n').length + 1) : 3}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        placeholder={EXAMPLE}
        value={text}
        onChange={({ target }) => change(target.value)}
        aria-invalid={shownProblem !== undefined}
        aria-describedby={`${id}-hint ${id}-problem`}
      />
      <p className="hint" id={`${id}-hint`}>
        Which events of these types the endpoint receives, as JSON. Leave it empty for all. Example:{' '}
        <code>{EXAMPLE}</code>
      </p>
      <p className="problem" id={`${id}-problem`} role="alert">
        {shownProblem}
      </p>
      {endpointId === null ? (
        text !== '' && <p className="hint">You can try a filter with past events once the endpoint exists.</p>
      ) : (
        <div className="filter-trial">
          <Button
            busy={trial.isPending}
            disabled={filter === null}
            onClick={() => filter !== null && trial.mutate({ text, filter })}
          >
            Try with past events
          </Button>
          <div role="status">{tried && trial.data && <FilterTrialResult trial={trial.data} />}</div>
        </div>
      )}
    </div>
  );
}

function refusalOf(error: Error): string {
  return (error instanceof Problem ? error.fields['filter'] : undefined) ?? error.message;
}
