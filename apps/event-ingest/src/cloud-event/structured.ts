import { isJsonObject, MAX_RECORD_BYTES } from '@skillora/contracts';
import { allowanceOfBody, pathText, WHOLE } from '@skillora/validation';

import { demandSize, UnacceptableException, whole } from '../unacceptable.js';
import { readBase64Json } from './base64-json.js';
import type { UncheckedEvent } from './cloud-event.js';
import { parseExactJson } from './exact-json.js';
import { itemsOf, NotAList } from './json-list.js';
import { isJsonMediaType } from './media-type.js';

/** The maximum number of events in a batch. The answer has an entry for each, so it is bounded too. */
export const MAX_BATCH = 1_000;

/**
 * Reads an event in structured mode: one JSON object with attributes and data (CloudEvents JSON format, §3).
 * @throws {UnacceptableException} when it is larger than 1 MiB, is not a JSON object, holds a number that would be
 * altered, or its data cannot be read.
 */
export function readStructured(bytes: Uint8Array): UncheckedEvent {
  demandSize(bytes.length);
  return toUnchecked(parseExactJson(bytes));
}

/**
 * Reads a batch: a JSON array of events (CloudEvents JSON format, §4). Each event is read when it is asked
 * for, so that no work is done for events behind a refused one, and other work may be done in between.
 * @throws {UnacceptableException} as {@link readStructured} under the index of an event, or when there are more than
 * 1,000. Both are thrown when the event is asked for.
 */
export function* readBatch(bytes: Buffer): Generator<UncheckedEvent, void, void> {
  const allowance = allowanceOfBody();
  let index = 0;
  try {
    for (const item of itemsOf(bytes, MAX_RECORD_BYTES)) {
      if (index >= MAX_BATCH) throw whole('too_large', `A batch may hold ${MAX_BATCH} events, not more.`);
      yield within(index, () => {
        demandSize(item.length);
        return toUnchecked(parseExactJson(item, '', allowance));
      });
      index += 1;
    }
  } catch (error) {
    if (!(error instanceof NotAList)) throw error;
    throw whole(error.isBroken ? 'not_json' : 'not_a_cloud_event', error.message);
  }
}

/**
 * Checks one event of a batch; its problems are reported under its index.
 * @throws {UnacceptableException} what `check` throws, with paths like `3.data.score`.
 */
export function within<T>(index: number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof UnacceptableException)) throw error;
    const problems = Object.entries(error.problems).map(([path, texts]) => [
      path === WHOLE ? String(index) : pathText([String(index), path]),
      texts,
    ]);
    throw new UnacceptableException(error.reason, Object.fromEntries(problems) as Record<string, string[]>);
  }
}

function toUnchecked(value: unknown): UncheckedEvent {
  if (!isJsonObject(value)) {
    throw whole('not_a_cloud_event', 'Invalid data. Expected a CloudEvent, a JSON object.');
  }
  const { data, data_base64: base64, ...attributes } = value;
  // A member that is null counts as not set (CloudEvents JSON format, §2.2 and §3.1).
  if (base64 === undefined || base64 === null) return { attributes, data };
  return { attributes, data: dataOf(base64, data, attributes['datacontenttype']) };
}

function dataOf(base64: unknown, data: unknown, contentType: unknown): unknown {
  const refuse = (problem: string): UnacceptableException =>
    new UnacceptableException('not_a_cloud_event', { data_base64: [problem] });
  if (data !== undefined && data !== null) throw refuse('Only one of "data" and "data_base64" may be set.');
  if (typeof base64 !== 'string') throw refuse('Not a valid string.');
  // Data of another declared type is not read; the check of the attributes refuses it.
  if (typeof contentType === 'string' && !isJsonMediaType(contentType)) return null;
  return readBase64Json(base64);
}
