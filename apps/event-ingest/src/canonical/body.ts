import type { FieldProblems } from '@skillora/rest';

import { catalogue } from '../catalogue/catalogue.js';
import type { CloudEvent } from '../cloud-event/cloud-event.js';
import { Unacceptable, whole } from '../unacceptable.js';

/**
 * The largest body, bytes. Receivers take it without being told, and the records that carry it, in which it is escaped
 * once more, stay below the 1 MiB a broker takes.
 */
export const MAX_BODY_BYTES = 256 * 1_024;

/**
 * The exact text every receiver gets: compact JSON, known keys in the promised order, unknown ones after them, and such
 * that `JSON.stringify(JSON.parse(body)) === body`.
 * @throws {Unacceptable} when the data does not fit its event type, or the body would be larger than 256 KiB.
 */
export function bodyOf({ type, time, data }: Pick<CloudEvent, 'type' | 'time' | 'data'>): string {
  const known = catalogue[type];
  const problems: FieldProblems = {};
  known.data.check(data, 'data', problems);
  if (Object.keys(problems).length > 0) throw new Unacceptable('invalid_data', problems);
  const body = JSON.stringify({
    event: known.eventName,
    timestamp: wholeSeconds(time),
    data: known.data.inOrder(data),
  });
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
    throw whole('too_large', `The event must not be larger than ${MAX_BODY_BYTES} bytes.`);
  }
  return body;
}

/** ISO 8601 in UTC without fractions; what is finer is cut off. */
function wholeSeconds(time: number): string {
  return `${new Date(Math.floor(time / 1_000) * 1_000).toISOString().slice(0, 19)}Z`;
}
