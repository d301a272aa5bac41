import { type Delivery, type EndpointState, namedEventType, TEST_EVENT_TYPE } from '@skillora/contracts';
import { type SigningSecrets, webhookHeaders } from '@skillora/signing';

import type { DeliveryBody } from '../bodies/event-bodies.js';

/** What goes over the wire. */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What an attempt sends. */
export interface SentDelivery extends Pick<Delivery, 'deliveryId' | 'eventId' | 'eventType'> {
  readonly body: DeliveryBody;
}

/**
 * The request of one attempt that begins at `now`, signed with the secrets that the endpoint has at this
 * moment.
 * @param attempt the attempt's number, from 1. @param extra headers that the endpoint asks for.
 */
export function signedRequest(
  { deliveryId, eventId, eventType, body: held }: SentDelivery,
  endpoint: Pick<EndpointState, 'url'>,
  secrets: SigningSecrets,
  now: Date,
  attempt: number,
  extra: Readonly<Record<string, string>> = NO_HEADERS,
): SignedRequest {
  const body = typeof held === 'string' ? Buffer.from(held, 'utf8') : held;
  const isTest = eventType === TEST_EVENT_TYPE;
  const content = {
    deliveryId,
    eventId,
    // Only the body of a test send says which type it stands for.
    eventType: isTest ? namedEventType(eventType, body.toString('utf8')) : eventType,
    isTest,
    attempt,
    body,
  };
  return { url: endpoint.url, body, headers: withExtra(webhookHeaders(content, secrets, now), extra) };
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

/** An endpoint can ask for an `Accept` of its own; it can set none of our other headers. */
function withExtra(
  headers: Record<string, string>,
  extra: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const names = new Set(Object.keys(extra).map((name) => name.toLowerCase()));
  if (names.size === 0) return headers;
  const ours = Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase()));
  return Object.fromEntries([...ours, ...Object.entries(extra)]);
}
