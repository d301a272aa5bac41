import type { IncomingHttpHeaders } from 'node:http';

import { type AcceptedEvent, acceptEvent } from '../canonical/accepted-event.js';
import { httpAttributes, readBinary } from '../cloud-event/binary.js';
import { readBatch, readStructured, within } from '../cloud-event/structured.js';

/** The media type of a batch (CloudEvents HTTP protocol binding, §3.3). */
export const BATCH_MEDIA_TYPE = 'application/cloudevents-batch+json';
/** The media type of one event in structured mode (§3.2). */
export const STRUCTURED_MEDIA_TYPE = 'application/cloudevents+json';

/** What a request brought: one event, or a batch, which is accepted whole or not at all. */
export interface Accepted {
  readonly isBatch: boolean;
  readonly events: readonly AcceptedEvent[];
}

/**
 * Decides whether a request's events are accepted.
 * @param organizationId the token's organisation; an event that names another is refused.
 * @throws {Unacceptable} when one of them is not.
 */
export function readRequest(
  headers: IncomingHttpHeaders,
  content: Uint8Array,
  organizationId: string,
  acceptedAt: Date,
): Accepted {
  const rule = { expected: organizationId, required: false };
  if (mediaType(headers) === BATCH_MEDIA_TYPE) {
    const events = readBatch(content).map((unchecked, index) =>
      within(index, () => acceptEvent(unchecked, rule, acceptedAt)),
    );
    return { isBatch: true, events };
  }
  const attributes = httpAttributes(headers);
  const unchecked = attributes ? readBinary(attributes, content) : readStructured(content);
  return { isBatch: false, events: [acceptEvent(unchecked, rule, acceptedAt)] };
}

function mediaType(headers: IncomingHttpHeaders): string | undefined {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
