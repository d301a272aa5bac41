import { RefusalException } from '@skillora/rest';

import { type TracedEvent, acceptEvent } from '../canonical/traced-event.js';
import { type Attributes, readBinary } from '../cloud-event/binary.js';
import type { OrganizationRule, UncheckedEvent } from '../cloud-event/cloud-event.js';
import { httpAttributes } from '../cloud-event/http-headers.js';
import { essenceOf, isJsonMediaType, isStructuredMediaType } from '../cloud-event/media-type.js';
import { readBatch, readStructured, within } from '../cloud-event/structured.js';
import { demandSize, UnacceptableException } from '../unacceptable.js';

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
export interface RequestContent {
  readonly isBatch: boolean;
  /** Each event is read and checked when it is asked for. @throws {UnacceptableException} when it is not accepted. */
  readonly events: Iterable<TracedEvent>;
}

/**
 * Decides whether a request's events are accepted.
 * @param rawHeaders names and values in turn, as Node gives them.
 * @param content the body, decoded.
 * @param organizationId the token's organisation; an event that names another one is refused.
 * @throws {UnacceptableException} when a single event is not accepted.
 * @throws {RefusalException} 415 when the content type is not one of an event in JSON.
 */
export function readRequest(
  rawHeaders: readonly string[],
  content: Buffer,
  organizationId: string,
  acceptedAt: Date,
): RequestContent {
  const rule = { expected: organizationId, required: false };
  const contentType = contentTypeOf(rawHeaders);
  if (essenceOf(contentType) === BATCH_MEDIA_TYPE) {
    return { isBatch: true, events: acceptBatch(content, rule, acceptedAt) };
  }
  const unchecked = readSingle(rawHeaders, contentType, content);
  return { isBatch: false, events: [acceptEvent(unchecked, rule, acceptedAt)] };
}

function* acceptBatch(
  content: Buffer,
  rule: OrganizationRule,
  acceptedAt: Date,
): Generator<TracedEvent, void, void> {
  let index = 0;
  for (const unchecked of readBatch(content)) {
    yield within(index, () => acceptEvent(unchecked, rule, acceptedAt));
    index += 1;
  }
}

/**
 * Refuses what the headers alone show to be refused, before the body arrives.
 * @param rawHeaders names and values in turn, as Node gives them.
 * @param bytes the size of the body, if the headers say it and it is not compressed; else null.
 * @throws as {@link readRequest}.
 */
export function checkHeaders(rawHeaders: readonly string[], bytes: number | null): void {
  const contentType = contentTypeOf(rawHeaders);
  if (essenceOf(contentType) === BATCH_MEDIA_TYPE) return;
  binaryAttributesOf(rawHeaders, contentType);
  demandSize(bytes ?? 0);
}

function readSingle(rawHeaders: readonly string[], contentType: string, content: Uint8Array): UncheckedEvent {
  const attributes = binaryAttributesOf(rawHeaders, contentType);
  return attributes === null ? readStructured(content) : readBinary(attributes, content);
}

/**
 * The attributes of an event in binary mode; null for structured mode.
 * @throws {RefusalException} 415 when the content type is not one of an event in JSON.
 */
function binaryAttributesOf(rawHeaders: readonly string[], contentType: string): Attributes | null {
  const essence = essenceOf(contentType);
  if (essence === STRUCTURED_MEDIA_TYPE) return null;
  if (isStructuredMediaType(contentType)) throw unsupported(contentType);
  const attributes = httpAttributes(rawHeaders);
  if (attributes === null) {
    if (essence !== 'application/json') throw unsupported(contentType);
    return null;
  }
  if (essence === UNASKED_MEDIA_TYPE) {
    const { datacontenttype: _unasked, ...others } = attributes;
    return others;
  }
  if (essence !== '' && !isJsonMediaType(contentType)) throw unsupported(contentType);
  return attributes;
}

/**
 * Empty for none.
 * @throws {UnacceptableException} when there are several: servers on the way may each read a different one.
 */
function contentTypeOf(rawHeaders: readonly string[]): string {
  const found = new Set<string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'content-type') found.add(rawHeaders[index + 1] ?? '');
  }
  if (found.size > 1) {
    throw new UnacceptableException('not_a_cloud_event', {
      'content-type': ['The header Content-Type stands more than once, with different values.'],
    });
  }
  const [contentType = ''] = found;
  return contentType;
}

function unsupported(contentType: string): RefusalException {
  return new RefusalException(
    415,
    contentType === ''
      ? `The request has no Content-Type. An event is sent as ${STRUCTURED_MEDIA_TYPE}, or with its attributes in ce- headers.`
      : `Unsupported media type "${contentType.slice(0, 200)}" in request.`,
  );
}
