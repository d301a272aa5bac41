import type { FieldProblems } from '@skillora/rest';

/** Why an event cannot be accepted, as dead letters name it. */
export type Reason =
  | 'not_json'
  | 'inexact_number'
  | 'not_a_cloud_event'
  | 'unknown_event_type'
  | 'wrong_organization'
  | 'invalid_data'
  | 'too_large'
  /** A whole record batch that nobody can decompress. */
  | 'unreadable';

/** An event that no waiting makes acceptable: over HTTP a 400, on Kafka a dead letter. */
export class Unacceptable extends Error {
  override readonly name = 'Unacceptable';

  constructor(
    readonly reason: Reason,
    /** By path, such as `data.score`. */
    readonly problems: FieldProblems,
  ) {
    super(sentence(problems));
  }
}

/** The problem of the whole, for what is no object with fields. */
export function whole(reason: Reason, problem: string): Unacceptable {
  return new Unacceptable(reason, { non_field_errors: [problem] });
}

function sentence(problems: FieldProblems): string {
  return Object.entries(problems)
    .map(([path, texts]) => (path === 'non_field_errors' ? texts.join(' ') : `${path}: ${texts.join(' ')}`))
    .join('; ');
}
