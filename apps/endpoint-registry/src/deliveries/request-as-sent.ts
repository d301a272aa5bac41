import { type HeaderContent, secretFingerprint, webhookHeadersAgain } from '@skillora/signing';

import type { RequestedAttempt } from './delivery-queries.js';
import { withMaskedHeaders } from './masked-request.js';
import type { DeliveryRequest } from './shown-request.js';

/** Headers that requests did not have before attempts recorded their numbers. */
const HEADERS_WITH_NUMBERS: ReadonlySet<string> = new Set([
  'X-Webhook-Event-Id',
  'X-Webhook-Attempt',
  'X-Webhook-Test',
]);

/**
 * The request of an attempt as it was sent. A signature is made again only with the secret that made it, which
 * is found by its fingerprint. It is null if that secret is not known, or nothing was signed. Of extra headers only the
 * names are known.
 * @param known the present and former secrets of the endpoint, as far as they are kept.
 */
export function requestAsSent(
  content: HeaderContent,
  { started_at, number, url, signed_with, header_names }: RequestedAttempt,
  known: readonly string[],
): Omit<DeliveryRequest, 'attempt'> {
  const secrets = new Map(known.map((secret) => [secretFingerprint(secret), secret]));
  const signers = (signed_with?.split(' ') ?? []).map((fingerprint) => secrets.get(fingerprint) ?? null);
  const headers = Object.entries(webhookHeadersAgain(content, signers, new Date(started_at)));
  return {
    method: 'POST',
    url,
    headers: withMaskedHeaders(
      Object.fromEntries(
        number === null ? headers.filter(([name]) => !HEADERS_WITH_NUMBERS.has(name)) : headers,
      ),
      header_names?.split(' ') ?? [],
    ),
    body: content.body.toString('utf8'),
  };
}
