import type { Attempt } from '../api/types.js';
import { CodeBlock } from '../parts/code-block.js';
import { count, duration } from '../parts/format.js';
import { AttemptEvidence } from './attempt-evidence.js';
import { errorName } from './error-names.js';

/** The receiver's answer to one attempt. */
export function AttemptAnswer({ attempt }: { readonly attempt: Attempt }) {
  return (
    <div className="answer">
      <p className="answer-line">
        <span className={`code-badge ${attempt.error === null ? 'good' : 'bad'}`}>
          {attempt.response_status ?? 'No answer'}
        </span>
        <span>{duration(attempt.duration_ms)}</span>
        {attempt.request_bytes !== null && (
          <span>{count(attempt.request_bytes)} bytes in the request’s body</span>
        )}
        {attempt.error !== null && <span className="bad">{errorName(attempt.error)}</span>}
      </p>
      {attempt.error_detail !== null && <p className="muted">{attempt.error_detail}</p>}
      {attempt.response_body !== null && attempt.response_body !== '' && (
        <CodeBlock text={attempt.response_body} label={`the answer to attempt ${attempt.number}`} />
      )}
      <AttemptEvidence attempt={attempt} />
    </div>
  );
}
