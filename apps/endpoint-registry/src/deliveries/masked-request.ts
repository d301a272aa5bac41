import type { Scope } from '@skillora/contracts';

import type { DeliveryRequest } from './shown-request.js';

/** Enough characters to compare two signatures, too few to forge a request. */
const SHOWN_CHARACTERS = 8;
/** Replaces what was left out. */
export const CUT = '…';

const SIGNATURE_HEADERS: ReadonlySet<string> = new Set(['X-Webhook-Signature-256', 'webhook-signature']);

/**
 * Hides the parts of a request that a token may not see. With a whole signature, anybody can pose as the
 * sender for as long as receivers accept it. So only tokens that may change the endpoint see it, since they
 * could create a new secret as well. The endpoint's URL may contain a credential, so only tokens that may
 * read endpoints see it.
 */
export function maskedRequest(request: DeliveryRequest, scopes: readonly Scope[]): DeliveryRequest {
  return {
    ...request,
    url: scopes.includes('endpoints:read') ? request.url : null,
    headers: scopes.includes('endpoints:write')
      ? request.headers
      : Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [
            name,
            value !== null && SIGNATURE_HEADERS.has(name) ? cutSignatures(value) : value,
          ]),
        ),
  };
}

/** What every extra header shows in the place of its value: it may be a credential. */
const MASK = '***';

/** The headers of a request with its extra ones, whose values nobody sees. One of ours that they replace is left out. */
export function withMaskedHeaders(
  headers: DeliveryRequest['headers'],
  extra: readonly string[],
): DeliveryRequest['headers'] {
  const names = new Set(extra.map((name) => name.toLowerCase()));
  return Object.fromEntries([
    ...Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase())),
    ...extra.map((name) => [name, MASK] as const),
  ]);
}

/** A header may hold several signatures, each after its scheme: `sha256=…`, `v1,… v1,…`. */
function cutSignatures(value: string): string {
  return value
    .split(' ')
    .map((signature) => {
      const schemeEnd = /^\w+[=,]/.exec(signature)?.[0].length ?? 0;
      return signature.slice(0, schemeEnd + SHOWN_CHARACTERS) + CUT;
    })
    .join(' ');
}
