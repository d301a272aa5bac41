import type { Attempt } from '../api/types.js';
import { CodeBlock } from '../parts/code-block.js';
import { visibleText } from '../parts/visible-text.js';
import { evidenceOf } from './evidence.js';

/** What was done in an attempt: where it went, how long each phase took, what signed it, and what came back. */
export function AttemptEvidence({ attempt }: { readonly attempt: Attempt }) {
  const facts = evidenceOf(attempt);
  if (facts === null) {
    return (
      <p className="muted evidence-note">
        How this attempt went was not recorded: attempts kept nothing more at that time.
      </p>
    );
  }
  const headers = Object.entries(attempt.response_headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return (
    <details className="evidence">
      <summary>How attempt {attempt.number} went</summary>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{visibleText(value)}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {headers.length > 0 ? (
        <CodeBlock
          text={headers.map(visibleText).join('\n')}
          copyable={headers.join('\n')}
          label={`the answer’s headers to attempt ${attempt.number}`}
        />
      ) : (
        <p className="muted evidence-note">No headers came back.</p>
      )}
    </details>
  );
}
