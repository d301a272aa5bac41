import { Faults, textProblem } from '@skillora/validation';

import { catalogue } from '../catalogue/catalogue.js';
import type { CloudEvent } from '../cloud-event/cloud-event.js';
import { UnacceptableException, whole } from '../unacceptable.js';

/**
 * The largest body, bytes. Receivers accept this size by default, and the records that hold the body, escaped
 * once more, stay below the 1 MiB that a broker accepts.
 */
export const MAX_BODY_BYTES = 256 * 1_024;

/**
 * The exact text that every receiver gets: compact JSON, known keys in the documented order, unknown keys
 * after them, such that `JSON.stringify(JSON.parse(body)) === body`.
 * @throws {UnacceptableException} when the data does not match its event type or holds NUL or lone surrogates, or the
 * body would be larger than 256 KiB.
 */
export function bodyOf({ type, time, data }: Pick<CloudEvent, 'type' | 'time' | 'data'>): string {
  const known = catalogue[type];
  const faults = new Faults();
  known.data.check(data, 'data', faults);
  refuseFor(faults);
  const body = JSON.stringify({
    event: known.eventName,
    timestamp: wholeSeconds(time),
    data: known.data.inOrder(data),
  });
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
    throw whole('too_large', `The event must not be larger than ${MAX_BODY_BYTES} bytes.`);
  }
  if (DOUBTFUL_ESCAPE.test(body)) {
    noteBadText(data, ['data'], faults);
    refuseFor(faults);
  }
  return body;
}

/**
 * NUL and lone surrogates, as JSON writes them. Receivers' databases and parsers cannot hold them, so a
 * delivery with them would be retried in vain. The pattern may also match harmless text, which costs only
 * time.
 */
const DOUBTFUL_ESCAPE = /\\u(?:0000|d[89a-f])/;

/** @throws {UnacceptableException} when there is a problem. */
function refuseFor({ any, problems }: Faults): void {
  if (any) throw new UnacceptableException('invalid_data', problems);
}

/** @param path the keys and indices that lead to the value; the same list when this returns. */
function noteBadText(value: unknown, path: string[], faults: Faults): void {
  const note = (text: string): void => {
    const problem = textProblem(text);
    if (problem !== null) faults.note(path, problem);
  };
  if (typeof value === 'string') note(value);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      if (faults.full) return;
      note(key);
      path.push(key);
      noteBadText(each, path, faults);
      path.pop();
    }
  }
}

/** ISO 8601 in UTC without fractions of a second, which are cut off. */
function wholeSeconds(time: number): string {
  return `${new Date(Math.floor(time / 1_000) * 1_000).toISOString().slice(0, 19)}Z`;
}
