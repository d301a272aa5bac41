import type { Scope } from '@skillora/contracts';

import type { DeliveryRequest } from './delivery-request.js';

/** Enough to tell two signatures apart, far too little to send one. */
const SHOWN_CHARACTERS = 8;
/** Stands where something was left out. */
export const CUT = '…';

const SIGNATURE_HEADERS: ReadonlySet<string> = new Set(['X-Webhook-Signature-256', 'webhook-signature']);

/**
 * What of a request a token may see. A whole signature makes whoever has it the sender, for as long as receivers take it:
 * it is for those alone who may change the endpoint, who could have a new secret as well. The endpoint's URL may hold
 * a credential, and is for those who may read endpoints.
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
            SIGNATURE_HEADERS.has(name) ? cutSignatures(value) : value,
          ]),
        ),
  };
}

/** Signatures stand one after the other, each behind its scheme: `sha256=…`, `v1,… v1,…`. */
function cutSignatures(value: string): string {
  return value
    .split(' ')
    .map((signature) => {
      const schemeEnd = /^\w+[=,]/.exec(signature)?.[0].length ?? 0;
      return signature.slice(0, schemeEnd + SHOWN_CHARACTERS) + CUT;
    })
    .join(' ');
}
