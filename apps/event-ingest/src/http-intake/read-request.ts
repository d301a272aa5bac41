import { Refusal } from '@skillora/rest';

import { type AcceptedEvent, acceptEvent } from '../canonical/accepted-event.js';
import { readBinary } from '../cloud-event/binary.js';
import type { UncheckedEvent } from '../cloud-event/cloud-event.js';
import { httpAttributes } from '../cloud-event/http-headers.js';
import { essenceOf, isJsonMediaType, isStructuredMediaType } from '../cloud-event/media-type.js';
import { readBatch, readStructured, within } from '../cloud-event/structured.js';
import { Unacceptable } from '../unacceptable.js';

/** The media type of a batch (CloudEvents HTTP protocol binding, §3.3). */
export const BATCH_MEDIA_TYPE = 'application/cloudevents-batch+json';
/** The media type of one event in structured mode (§3.2). */
export const STRUCTURED_MEDIA_TYPE = 'application/cloudevents+json';
/**
 * The content type that HTTP clients add by themselves when their caller names none: Java's
 * `HttpURLConnection`, curl.
 */
const UNASKED_MEDIA_TYPE = 'application/x-www-form-urlencoded';

/** The content of a request: one event, or a batch, which is accepted as a whole or not at all. */
export interface Accepted {
  readonly isBatch: boolean;
  readonly events: readonly AcceptedEvent[];
}

/**
 * Decides whether a request's events are accepted.
 * @param rawHeaders names and values in turn, as Node gives them.
 * @param content the body, decoded.
 * @param organizationId the token's organisation; an event that names another one is refused.
 * @throws {Unacceptable} when one of the events is not accepted.
 * @throws {Refusal} 415 when the content type is not one of an event in JSON.
 */
export function readRequest(
  rawHeaders: readonly string[],
  content: Uint8Array,
  organizationId: string,
  acceptedAt: Date,
): Accepted {
  const rule = { expected: organizationId, required: false };
  const contentType = contentTypeOf(rawHeaders);
  if (essenceOf(contentType) === BATCH_MEDIA_TYPE) {
    const events: AcceptedEvent[] = [];
    for (const unchecked of readBatch(content)) {
      events.push(within(events.length, () => acceptEvent(unchecked, rule, acceptedAt)));
    }
    return { isBatch: true, events };
  }
  const unchecked = readSingle(rawHeaders, contentType, content);
  return { isBatch: false, events: [acceptEvent(unchecked, rule, acceptedAt)] };
}

function readSingle(rawHeaders: readonly string[], contentType: string, content: Uint8Array): UncheckedEvent {
  const essence = essenceOf(contentType);
  if (essence === STRUCTURED_MEDIA_TYPE) return readStructured(content);
  if (isStructuredMediaType(contentType)) throw unsupported(contentType);
  const attributes = httpAttributes(rawHeaders);
  if (attributes === null) {
    if (essence !== 'application/json') throw unsupported(contentType);
    return readStructured(content);
  }
  if (essence === UNASKED_MEDIA_TYPE) {
    const { datacontenttype: _unasked, ...others } = attributes;
    return readBinary(others, content);
  }
  if (essence !== '' && !isJsonMediaType(contentType)) throw unsupported(contentType);
  return readBinary(attributes, content);
}

/**
 * Empty for none.
 * @throws {Unacceptable} when there are several: servers on the way may each read a different one.
 */
function contentTypeOf(rawHeaders: readonly string[]): string {
  const found = new Set<string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'content-type') found.add(rawHeaders[index + 1] ?? '');
  }
  if (found.size > 1) {
    throw new Unacceptable('not_a_cloud_event', {
      'content-type': ['The header Content-Type stands more than once, with different values.'],
    });
  }
  const [contentType = ''] = found;
  return contentType;
}

function unsupported(contentType: string): Refusal {
  return new Refusal(
    415,
    contentType === ''
      ? `The request has no Content-Type. An event is sent as ${STRUCTURED_MEDIA_TYPE}, or with its attributes in ce- headers.`
      : `Unsupported media type "${contentType.slice(0, 200)}" in request.`,
  );
}
