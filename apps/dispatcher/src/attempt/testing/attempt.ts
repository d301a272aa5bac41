import { generateSecret, type SigningSecrets } from '@skillora/signing';

import { signedRequest } from '../signed-request.js';

/** The input of a receiver's verification: the body and the headers as they arrived. */
export interface SentRequest {
  readonly body: string;
  readonly headers: Record<string, string>;
}

const BODY = JSON.stringify({ event: 'interview.completed', data: { name: 'Zoë 🎉', score: 85 } });

/** The request of an attempt made now, with a body outside ASCII by default. */
export function attemptSignedWith(
  secrets: SigningSecrets,
  now = new Date(),
  text: string = BODY,
): SentRequest {
  const delivery = {
    deliveryId: '123e4567-e89b-52d3-a456-426614174000',
    eventId: '0f9d8c7b-6a5e-5d4c-8b3a-291817161514',
    eventType: 'interview_completed',
    body: text,
  } as const;
  const { body, headers } = signedRequest(delivery, { url: 'https://example.com/' }, secrets, now, 3);
  return { body: body.toString('utf8'), headers };
}

/** Secrets as customers have them. */
export const SECRETS = {
  generated: generateSecret(),
  former: generateSecret(),
  custom: 'a secret of our own: žluťoučký kůň',
  /** Looks like a generated secret but is not one. */
  lookalike: 'whsec_not-base64-at-all',
  /** A custom secret whose characters are valid base64, so libraries decode it. */
  decodable: 'MyCompanySecretKey2024==',
} as const;
