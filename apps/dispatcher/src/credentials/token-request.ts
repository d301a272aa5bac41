import { AUTHORIZATION, basicCredentials, type ClientCredentials } from './request-options.js';

/** How a client shows its secret (RFC 6749, 2.3.1): in the header, as servers must support, or in the body. */
export type ClientAuthentication = 'header' | 'body';

/** A request for a token, as it goes over the wire. */
export interface TokenRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The request for a token by client credentials (RFC 6749, 4.4.2). */
export function tokenRequest(
  { tokenUrl, clientId, clientSecret, scope, audience }: ClientCredentials,
  authentication: ClientAuthentication,
): TokenRequest {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== undefined) form.set('scope', scope);
  if (audience !== undefined) form.set('audience', audience);
  if (authentication === 'body') {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
  }
  return {
    url: tokenUrl,
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
      'User-Agent': 'Skillora-Webhook/1.0',
      // Both are form-encoded first (RFC 6749, 2.3.1).
      ...(authentication === 'header'
        ? { [AUTHORIZATION]: `Basic ${basicCredentials(formEncoded(clientId), formEncoded(clientSecret))}` }
        : {}),
    },
    body: Buffer.from(form.toString(), 'utf8'),
  };
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
