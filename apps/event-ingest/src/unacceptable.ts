import { MAX_RECORD_BYTES } from '@skillora/contracts';
import { type FieldProblems, WHOLE, withinBounds } from '@skillora/validation';

/** Why an event is refused, as dead letters name it. */
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

/** An event that can never be accepted: over HTTP a 400, on Kafka a dead letter. */
export class UnacceptableException extends Error {
  override readonly name = 'UnacceptableException';

  /**
   * By path, for example `data.score`, within the bounds of {@link withinBounds}: the problems go into
   * answers, logs and dead letters.
   */
  readonly problems: FieldProblems;

  constructor(
    readonly reason: Reason,
    problems: FieldProblems,
  ) {
    const bounded = withinBounds(problems);
    super(sentence(bounded));
    this.problems = bounded;
  }
}

/** The problem of content that is not an object with fields. */
export function whole(reason: Reason, problem: string): UnacceptableException {
  return new UnacceptableException(reason, { [WHOLE]: [problem] });
}

/**
 * The content of one event must not be larger than a record of the public topic may be, over HTTP and Kafka:
 * checking larger content costs more than it is worth, since an event has at most 256 KiB. A batch that its
 * topic keeps compressed may hold 64 MiB, which would take gigabytes as JSON.
 * @param bytes the size of the content.
 * @throws {UnacceptableException} `too_large`.
 */
export function demandSize(bytes: number): void {
  if (bytes <= MAX_RECORD_BYTES) return;
  throw whole('too_large', `What brings one event must not be larger than ${MAX_RECORD_BYTES} bytes.`);
}

function sentence(problems: FieldProblems): string {
  return Object.entries(problems)
    .map(([path, texts]) => (path === WHOLE ? texts.join(' ') : `${path}: ${texts.join(' ')}`))
    .join('; ');
}
