import type { Attempt, Timings } from '../api/types.js';
import { CodeBlock } from '../parts/code-block.js';
import { duration } from '../parts/format.js';

const PHASES: readonly (readonly [keyof Timings, string])[] = [
  ['dns', 'Name'],
  ['connect', 'Connection'],
  ['tls', 'TLS'],
  ['first_byte', 'First byte'],
];

/** What was done in an attempt: where it went, how long each phase took, and what signed it. */
export function AttemptEvidence({ attempt }: { readonly attempt: Attempt }) {
  const { url, remote_address, endpoint_version, signed_with, timings_ms, response_headers } = attempt;
  if (timings_ms === null) return null;
  const took = PHASES.filter(([phase]) => timings_ms[phase] !== null);
  const facts: readonly (readonly [string, string | null])[] = [
    ['URL', url],
    ['Address', remote_address],
    ['Endpoint’s version', endpoint_version === null ? null : String(endpoint_version)],
    ['Signed with', signed_with?.join(', ') ?? null],
    ...took.map(([phase, name]) => [name, duration(timings_ms[phase])] as const),
  ];
  const headers = Object.entries(response_headers ?? {});
  return (
    <details className="evidence">
      <summary>How attempt {attempt.number} went</summary>
      <dl>
        {facts
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {headers.length > 0 && (
        <CodeBlock
          text={headers.map(([name, value]) => `${name}: ${value}`).join('\n')}
          label={`the answer’s headers to attempt ${attempt.number}`}
        />
      )}
    </details>
  );
}
