import { useId } from 'react';

import type { Authentication, AuthenticationType } from '../api/types.js';
import { AUTHENTICATION, type AuthenticationEdits } from './credentials.js';

const TYPES = Object.keys(AUTHENTICATION) as AuthenticationType[];

/** How requests to an endpoint authenticate themselves: the type, and the fields of that type. */
export function AuthenticationField({
  present,
  edits,
  change,
  problem,
}: {
  readonly present: Authentication;
  readonly edits: AuthenticationEdits;
  readonly change: (edits: AuthenticationEdits) => void;
  readonly problem: string | undefined;
}) {
  const id = useId();
  const isKept = present.type === edits.type;
  return (
    <fieldset className="field" aria-describedby={`${id}-problem`}>
      <legend>Authentication</legend>
      <select
        aria-label="Type of authentication"
        value={edits.type}
        onChange={({ target }) => change({ ...edits, type: target.value as AuthenticationType })}
      >
        {TYPES.map((type) => (
          <option key={type} value={type}>
            {AUTHENTICATION[type].label}
          </option>
        ))}
      </select>
      {AUTHENTICATION[edits.type].fields.map(({ name, label, isSecret = false, isOptional = false }) => (
        <div className="field" key={name}>
          <label htmlFor={`${id}-${name}`}>
            {label} {isOptional && <span className="muted">(optional)</span>}
          </label>
          <input
            id={`${id}-${name}`}
            type={isSecret ? 'password' : 'text'}
            autoComplete="off"
            placeholder={isSecret && isKept ? 'Unchanged' : undefined}
            value={edits[name] ?? ''}
            onChange={({ target }) => change({ ...edits, [name]: target.value })}
          />
        </div>
      ))}
      <p className="problem" id={`${id}-problem`} role="alert">
        {problem}
      </p>
    </fieldset>
  );
}
